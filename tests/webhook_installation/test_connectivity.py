"""Each way in which a webhook can be out of reach, made for real, and what is said of it."""

import base64
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workshop.system.polling import eventually
from workshop.testing import icecreams
from workshop.webhook import connectivity, installation
from workshop.webhook.configuration import CONFIGURATION, NAMESPACE, SERVICE
from workshop.webhook.errors import FaultError
from workshop.workspace.cluster import Cluster

from . import servers
from .servers import EXPIRED, NOT_YET_VALID, NOW, VALID, allow, authority, deny, serving, write_pair

STEPS = ["configuration", "bundle", "Service", "connection", "handshake", "chain", "name", "validity", "answer"]

CLOSED = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: closed}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [demo.lva.io], apiVersions: [v1], resources: [icecreams], operations: [CREATE]}]
  validations: [{expression: "false", message: we are closed}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: closed}
spec: {policyName: closed, validationActions: [Deny]}
"""


@pytest.fixture
def folder(cluster: Cluster) -> Path:
    return installation.cert_dir(cluster)


def look(cluster: Cluster) -> tuple[list[str], FaultError | None]:
    """Return the steps that were in order, and the first that wasn't."""
    steps = []
    try:
        for passed in connectivity.trace(cluster, NOW):
            steps.append(passed.step)  # noqa: PERF401 - what has come before the error counts
    except FaultError as fault:
        return steps, fault
    return steps, None


def fault(cluster: Cluster) -> str:
    """Return what is wrong: its step, and what is said of it; all steps before it were in order."""
    steps, wrong = look(cluster)
    assert wrong, f"all is in order: {steps}"
    assert steps == [*STEPS, "API server"][: len(steps)]
    assert [*STEPS, "API server"][len(steps)] == wrong.step
    assert wrong.remedy
    return f"{wrong.step}: {wrong}"


@pytest.mark.parametrize("answer", [allow, deny])
def test_where_all_is_in_order_each_step_is_passed(cluster: Cluster, folder: Path, answer: servers.Answer) -> None:
    write_pair(folder, authority())
    with serving(folder, answer) as port:
        installation.install(cluster, folder, port)
        assert look(cluster) == ([*STEPS, "API server"], None)


def test_a_certificate_that_is_in_the_bundle_itself_is_trusted(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    (folder / "ca.crt").write_bytes((folder / "tls.crt").read_bytes())
    with serving(folder) as port:
        installation.install(cluster, folder, port)
        assert look(cluster) == ([*STEPS, "API server"], None)


def test_what_is_seen_at_each_step_is_said(cluster: Cluster, folder: Path) -> None:
    leaf = write_pair(folder, authority("the shop's CA"))
    with serving(folder, deny) as port:
        installation.install(cluster, folder, port)
        seen = {passed.step: passed.seen for passed in connectivity.trace(cluster, NOW)}
    assert seen == {
        "configuration": f"{CONFIGURATION} asks {servers.NAME}:{port}{servers.PATH}",
        "bundle": "CN=the shop's CA",
        "Service": f"leads to localhost:{port}",
        "connection": f"localhost:{port} listens",
        "handshake": f"TLSv1.3, with certificate {leaf.serial_number:040x}",
        "chain": "signed by CN=the shop's CA, which is in the bundle",
        "name": servers.NAME,
        "validity": f"until {VALID.not_after:%Y-%m-%d %H:%M:%S} UTC",
        "answer": "denied: there is no icecream today",
        "API server": 'Error from server: error when creating "STDIN": admission webhook "vicecream.kb.io" denied the'
        " request: there is no icecream today",
    }


def test_with_ignore_that_it_passes_says_little(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    with serving(folder) as port:
        installation.install(cluster, folder, port)
        _patch(cluster, {"op": "replace", "path": "/webhooks/0/failurePolicy", "value": "Ignore"})
        seen = {passed.step: passed.seen for passed in connectivity.trace(cluster, NOW)}
    assert seen["API server"].endswith("; but it passes what it can't ask about, too (failurePolicy Ignore)")


def test_without_a_configuration_nobody_is_asked(cluster: Cluster) -> None:
    assert "configuration: there is no ValidatingWebhookConfiguration" in fault(cluster)


def test_a_configuration_without_the_webhook_is_none(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder)
    _patch(cluster, {"op": "replace", "path": "/webhooks/0/name", "value": "other.kb.io"})
    assert "has no webhook vicecream.kb.io" in fault(cluster)


def test_a_url_leads_past_the_service(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder)
    _patch(cluster, {"op": "replace", "path": "/webhooks/0/clientConfig", "value": {"url": "https://localhost:9443/"}})
    assert fault(cluster).startswith("configuration: it names the URL https://localhost:9443/")


def test_without_a_bundle_only_public_cas_are_trusted(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder)
    _patch(cluster, {"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"})
    assert fault(cluster).startswith("bundle: there is no caBundle")


@pytest.mark.parametrize("bundle", [b"no certificate at all", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_bundle_that_cant_be_read_is_named(cluster: Cluster, folder: Path, bundle: bytes) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder)
    encoded = base64.b64encode(bundle).decode()
    _patch(cluster, {"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": encoded})
    assert fault(cluster).startswith("bundle: the caBundle can't be read")


def test_without_its_service_the_name_leads_nowhere(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder)
    cluster.kubectl("delete", "service", SERVICE, f"-n={NAMESPACE}")
    assert fault(cluster).startswith(f"Service: there is no Service {NAMESPACE}/{SERVICE}")


def test_what_the_operator_waits_for_is_said_where_it_does_not_listen(cluster: Cluster, folder: Path) -> None:
    with nobody(folder) as port:
        installation.install(cluster, folder, port)
        why = "The webhook doesn't answer: there is no menu"
        since = {"lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "NoMenu", "message": why}
        conditions = [{"type": "WebhookReady", "status": "False", **since}]
        patch = json.dumps({"status": {"conditions": conditions}})
        cluster.kubectl("patch", "service", SERVICE, f"-n={NAMESPACE}", "--subresource=status", f"-p={patch}")
        assert fault(cluster).endswith(f"Connection refused; the Service says: {why}")


def test_what_is_refused_before_the_webhook_is_asked_says_nothing_of_it(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    with serving(folder) as port:
        installation.install(cluster, folder, port)
        cluster.kubectl("apply", "-f", "-", stdin=CLOSED)
        try:
            eventually(lambda: _assert_refused_by_the_policy(cluster))
        finally:
            cluster.kubectl("delete", "-f", "-", stdin=CLOSED)


def test_a_service_in_the_cluster_must_have_the_port(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder, 4443)
    cluster.kubectl("delete", "service", SERVICE, f"-n={NAMESPACE}")
    cluster.kubectl("apply", "-f", "deploy/webhook/service.yaml")
    assert "Service: the Service has no port 4443, for which the configuration asks; it has [443]" in fault(cluster)


def test_into_a_cluster_only_the_api_server_can_go(cluster: Cluster, folder: Path) -> None:
    write_pair(folder, authority())
    installation.install(cluster, folder, 443)
    cluster.kubectl("delete", "service", SERVICE, f"-n={NAMESPACE}")
    cluster.kubectl("apply", "-f", "deploy/webhook/service.yaml")
    _patch(cluster, {"op": "replace", "path": "/webhooks/0/timeoutSeconds", "value": 1})
    steps, wrong = look(cluster)
    assert steps == STEPS[:3]
    assert wrong
    assert wrong.step == "API server"
    assert 'failed calling webhook "vicecream.kb.io"' in str(wrong)


@dataclass(frozen=True)
class Broken:
    """A server with something wrong, and what is to be said of it."""

    server: Callable[[Path], AbstractContextManager[int]]
    says: str


@contextlib.contextmanager
def nobody(folder: Path) -> Iterator[int]:
    """A port at which nobody listens, and nobody else can."""
    write_pair(folder, authority())
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


@contextlib.contextmanager
def one_who_says_nothing(folder: Path) -> Iterator[int]:
    write_pair(folder, authority())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@contextlib.contextmanager
def one_without_tls(folder: Path) -> Iterator[int]:
    write_pair(folder, authority())
    with servers.serving_without_tls() as port:
        yield port


def with_pair(**wrong: Any) -> Callable[[Path], AbstractContextManager[int]]:
    def server(folder: Path) -> AbstractContextManager[int]:
        write_pair(folder, wrong.pop("ca", None) or authority(), **wrong)
        return serving(folder)

    return server


def that(**wrong: Any) -> Callable[[Path], AbstractContextManager[int]]:
    def server(folder: Path) -> AbstractContextManager[int]:
        write_pair(folder, authority())
        return serving(folder, **wrong)

    return server


BROKEN = {
    "nobody listens": Broken(nobody, "connection: nothing answers at localhost:"),
    "it says nothing": Broken(one_who_says_nothing, "takes the connection and says nothing for 1 s"),
    "it speaks no TLS": Broken(one_without_tls, "doesn't speak TLS"),
    "TLS 1.1 only": Broken(that(tls="TLSv1_1"), "speaks TLS 1.1 or older only, and the API server TLS 1.2 at least"),
    "another CA": Broken(
        with_pair(ca=authority("mine"), bundle=authority("yours")),
        "chain: the certificate is signed by CN=mine, the bundle has CN=yours",
    ),
    "another CA of the same name": Broken(
        with_pair(ca=authority(), bundle=authority()),
        "chain: the certificate is signed by another CN=a CA than that in the bundle",
    ),
    "for clients": Broken(with_pair(usages=("client auth",)), "chain: the certificate isn't for a server"),
    "another name": Broken(
        with_pair(names=("localhost", "demooperator-webhook-service")),
        f"name: the certificate isn't for {servers.NAME}, but for demooperator-webhook-service, localhost",
    ),
    "a common name alone": Broken(
        with_pair(names=()), f"name: the certificate isn't for {servers.NAME}, but for no name at all"
    ),
    "expired": Broken(
        with_pair(validity=EXPIRED), f"validity: it has expired at {EXPIRED.not_after:%Y-%m-%d %H:%M:%S} UTC"
    ),
    "not yet valid": Broken(
        with_pair(validity=NOT_YET_VALID),
        f"validity: it isn't valid before {NOT_YET_VALID.not_before:%Y-%m-%d %H:%M:%S} UTC; here it is ",
    ),
    "of an expired CA": Broken(with_pair(ca=authority("old", EXPIRED)), "validity: a CA above it has expired"),
    "another path": Broken(that(path="/validate"), f"answer: nothing is served at {servers.PATH} (404)"),
    "an error of its own": Broken(that(status=500), "answer: it answers with status 500"),
    "hangs up": Broken(that(answer=lambda review: review["nothing"]), "answer: it doesn't answer: Remote end closed"),
    "not JSON": Broken(that(answer=str), "answer: it answers "),
    "no AdmissionReview": Broken(
        that(answer=lambda _review: {"allowed": True}), "which is no AdmissionReview of admission.k8s.io/v1"
    ),
    "an answer to another question": Broken(
        that(answer=lambda review: allow({"request": {**review["request"], "uid": "other"}})),
        "answer: its response is for uid 'other', and ",
    ),
    "its own question": Broken(that(answer=lambda review: review), "has no response that says allowed"),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_the_first_thing_that_is_wrong_is_named_and_the_api_server_cant_use_it_either(
    cluster: Cluster, folder: Path, broken: Broken
) -> None:
    with broken.server(folder) as port:
        installation.install(cluster, folder, port)
        _patch(cluster, {"op": "replace", "path": "/webhooks/0/timeoutSeconds", "value": 1})
        assert broken.says in fault(cluster)
        order = json.dumps(icecreams.manifest("cone", "vanilla"))
        said = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=order, check=False)
        assert 'failed calling webhook "vicecream.kb.io"' in said


def _assert_refused_by_the_policy(cluster: Cluster) -> None:
    _, wrong = look(cluster)
    assert wrong
    assert wrong.step == "API server"
    assert str(wrong).startswith("the order didn't come as far as the webhook: ")
    assert "we are closed" in str(wrong)


def _patch(cluster: Cluster, *operations: dict[str, Any]) -> None:
    cluster.kubectl(
        "patch", "validatingwebhookconfiguration", CONFIGURATION, "--type=json", f"-p={json.dumps(operations)}"
    )
