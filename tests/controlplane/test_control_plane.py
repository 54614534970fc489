"""What the control plane can do that a student will rely on, seen through the API server."""

import json
import ssl
import urllib.error
import urllib.request
from typing import Any

import pytest

from workshop.system.polling import eventually
from workshop.testing import audit_log
from workshop.testing.control_plane import ControlPlane


def _anonymous(control_plane: ControlPlane, path: str) -> int:
    context = ssl.create_default_context(cafile=str(control_plane.layout.pki / "ca.crt"))
    try:
        with urllib.request.urlopen(control_plane.components.spec.server + path, context=context) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize(
    ("path", "status"),
    [("/readyz", 200), ("/livez", 200), ("/version", 401), ("/api/v1/secrets", 401), ("/metrics", 401)],
)
def test_without_credentials_one_may_ask_for_health_and_nothing_else(
    control_plane: ControlPlane, path: str, status: int
) -> None:
    assert _anonymous(control_plane, path) == status


def test_a_service_account_may_do_nothing_until_a_role_says_so(control_plane: ControlPlane) -> None:
    answer = control_plane.kubectl(
        "auth", "can-i", "list", "secrets", "--as=system:serviceaccount:default:default", check=False
    )
    assert answer.startswith("no")


def test_a_namespace_goes_with_all_that_is_in_it(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "namespace", "short-lived")
    control_plane.kubectl("create", "configmap", "inside", "--namespace=short-lived")
    control_plane.kubectl("delete", "namespace", "short-lived", "--timeout=60s")
    assert "NotFound" in control_plane.kubectl("get", "namespace", "short-lived", check=False)


def test_an_owned_object_is_collected_after_its_owner(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "configmap", "owner")
    uid = control_plane.get("configmap", "owner")["metadata"]["uid"]
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    owned = _config_map("owned", ownerReferences=[owner])
    control_plane.kubectl("apply", "-f", "-", stdin=json.dumps(owned))
    control_plane.kubectl("delete", "configmap", "owner")
    control_plane.kubectl("wait", "--for=delete", "configmap/owned", "--timeout=60s")


def test_a_validating_admission_policy_decides(control_plane: ControlPlane) -> None:
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "no-liquorice"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}
                ]
            },
            "validations": [{"expression": "object.metadata.name != 'liquorice'", "message": "no liquorice here"}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "no-liquorice"},
        "spec": {"policyName": "no-liquorice", "validationActions": ["Deny"]},
    }
    for manifest in (policy, binding):
        control_plane.kubectl("apply", "-f", "-", stdin=json.dumps(manifest))
    try:

        def refused() -> None:
            answer = control_plane.kubectl("create", "configmap", "liquorice", "--dry-run=server", check=False)
            assert "no liquorice here" in answer

        eventually(refused)
    finally:
        control_plane.kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "no-liquorice")


def test_a_pod_stays_pending_for_there_is_no_scheduler(control_plane: ControlPlane) -> None:
    control_plane.kubectl("create", "deployment", "waits", "--image=none", "--replicas=1")
    try:

        def has_a_pod() -> None:
            pods = control_plane.get("pods", "--selector=app=waits")["items"]
            assert [pod["status"]["phase"] for pod in pods] == ["Pending"]

        eventually(has_a_pod)
    finally:
        control_plane.kubectl("delete", "deployment", "waits")


def test_the_audit_log_holds_bodies_of_events_but_no_secret_and_no_lease(
    control_plane: ControlPlane,
) -> None:
    control_plane.kubectl("create", "secret", "generic", "vanilla", "--from-literal=recipe=five-eggs")
    control_plane.kubectl("create", "token", "default")
    event = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "audited", "namespace": "default"},
        "involvedObject": {"kind": "Namespace", "name": "default", "namespace": "default"},
        "reason": "Audited",
        "message": "so that a timeline can tell it",
    }
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "audited", "namespace": "default"},
    }
    for manifest in (event, lease):
        control_plane.kubectl("create", "-f", "-", stdin=json.dumps(manifest))
    audit = list(audit_log.events(control_plane))
    secret = _last(audit, "secrets", "vanilla")
    assert secret["level"] == "Metadata"
    assert "requestObject" not in secret
    assert _last(audit, "serviceaccounts", "default")["level"] == "Metadata"
    audited = _last(audit, "events", "audited")
    assert audited["requestObject"]["message"] == "so that a timeline can tell it"
    assert "managedFields" not in json.dumps(audited["responseObject"])
    assert "five-eggs" not in control_plane.layout.audit_log.read_text()
    assert not [entry for entry in audit if entry.get("objectRef", {}).get("resource") == "leases"]


def _last(audit: list[dict[str, Any]], resource: str, name: str) -> dict[str, Any]:
    wanted = [
        entry
        for entry in audit
        if entry.get("objectRef", {}).get("resource") == resource and entry["objectRef"].get("name") == name
    ]
    assert wanted, f"nothing about {resource} {name} in the audit log"
    return wanted[-1]


def _config_map(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", **metadata}}
