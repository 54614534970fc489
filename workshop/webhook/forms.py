"""The rule "each flavour is on the menu" in its forms, each before a kind of its own, so that none is in another's way.

Schema, CEL rule and policy are the manifests of `deploy/`, put before copies of the CRD as it is served at this moment.
The webhook is the one that is installed, before icecreams themselves. All copies go when the comparison is over.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml

from workshop.system.ports import reserved_port
from workshop.webhook import configuration
from workshop.webhook.configuration import Manifest
from workshop.workspace.cluster import Cluster

POLICY_NAME = "flavours-on-the-menu.compare"
_POLICY = "deploy/policies/validating"
_GROUP = "compare.demo.lva.io"
_LABEL = "app.kubernetes.io/part-of=webhook-comparison"
_WRITTEN = "crd,validatingadmissionpolicies,validatingadmissionpolicybindings,validatingwebhookconfigurations"


@dataclass(frozen=True)
class Form:
    """A form of the rule, and the kind that it is put before."""

    name: str
    group: str
    plural: str = "copies"

    @property
    def crd(self) -> str:
        """The name of the CRD."""
        return f"{self.plural}.{self.group}"


NONE = Form("NONE", f"none.{_GROUP}")
ENUM = Form("ENUM", f"enum.{_GROUP}")
CEL_RULE = Form("CEL RULE", f"rule.{_GROUP}")
POLICY = Form("POLICY", f"policy.{_GROUP}")
WEBHOOK = Form("WEBHOOK", "demo.lva.io", "icecreams")
DOWN = Form("DOWN", f"down.{_GROUP}")
COMPARED = (NONE, ENUM, CEL_RULE, POLICY, WEBHOOK)
_COPIES = (NONE, ENUM, CEL_RULE, POLICY, DOWN)
_PATCHES = {ENUM: "deploy/crds/patches/enum.yaml", CEL_RULE: "deploy/crds/patches/validation_rule.yaml"}


@contextmanager
def served(cluster: Cluster) -> Iterator[None]:
    """All forms are before their kinds inside the `with`, and a webhook that is down before `DOWN`.

    Raises:
        KubectlError: the API server won't have one.
    """
    crd = cluster.get("crd", WEBHOOK.crd)
    with reserved_port() as nobody_listens:
        try:
            _apply(cluster, [_copy(crd, form) for form in _COPIES])
            for form, patch in _PATCHES.items():
                cluster.kubectl("patch", "crd", form.crd, "--type=json", f"--patch-file={patch}")
            _apply(cluster, [*_policy(cluster), _down(cluster, nobody_listens)])
            yield
        finally:
            cluster.kubectl("delete", _WRITTEN, f"--selector={_LABEL}", "--ignore-not-found")


def _apply(cluster: Cluster, manifests: list[Manifest]) -> None:
    key, _, value = _LABEL.partition("=")
    for manifest in manifests:
        manifest["metadata"] = {"name": manifest["metadata"]["name"], "labels": {key: value}}
    items = {"apiVersion": "v1", "kind": "List", "items": manifests}
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(items))


def _copy(crd: Manifest, form: Form) -> Manifest:
    """A CRD that differs in its group alone, and in words by which nobody finds it who looks for icecreams."""
    names = {"kind": crd["spec"]["names"]["kind"], "plural": form.plural, "singular": "copy", "listKind": "CopyList"}
    spec = crd["spec"] | {"group": form.group, "names": names}
    return {**_head(crd), "metadata": {"name": form.crd}, "spec": spec}


def _policy(cluster: Cluster) -> Iterator[Manifest]:
    for manifest in yaml.safe_load_all(cluster.kubectl("kustomize", _POLICY)):
        spec: dict[str, Any] = manifest["spec"]
        if "matchConstraints" in spec:
            _turn_to(spec["matchConstraints"]["resourceRules"], POLICY)
        else:
            spec["policyName"] = POLICY_NAME
        yield {**_head(manifest), "metadata": {"name": POLICY_NAME}, "spec": spec}


def _down(cluster: Cluster, port: int) -> Manifest:
    """The installed webhook, but before `DOWN`, and where nobody listens."""
    installed = cluster.get("validatingwebhookconfiguration", configuration.CONFIGURATION)
    for webhook in installed["webhooks"]:
        _turn_to(webhook["rules"], DOWN)
        webhook["clientConfig"]["service"]["port"] = port
    return {**_head(installed), "metadata": {"name": DOWN.crd}, "webhooks": installed["webhooks"]}


def _head(manifest: Manifest) -> Manifest:
    return {key: manifest[key] for key in ("apiVersion", "kind")}


def _turn_to(rules: list[dict[str, Any]], form: Form) -> None:
    for rule in rules:
        rule.update(apiGroups=[form.group], resources=[form.plural])
