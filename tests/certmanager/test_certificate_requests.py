"""A CertificateRequest says who made it, doesn't change, and is approved by whoever may use its issuer."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from tests.certmanager.api import NAMESPACE, Api, Body, Refused
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import connected

CONTROLLER = "system:serviceaccount:cert-manager:cert-manager"
APPROVED = {"type": "Approved", "status": "True", "reason": "cert-manager.io", "message": "approved"}
DENIED = {"type": "Denied", "status": "True", "reason": "Policy", "message": "denied"}
JANE = f"""
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: jane
rules:
  - apiGroups: [cert-manager.io]
    resources: [certificaterequests, certificaterequests/status]
    verbs: [create, patch]
  - apiGroups: [cert-manager.io]
    resources: [signers]
    resourceNames: [issuers.cert-manager.io/{NAMESPACE}.hers]
    verbs: [approve]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: jane
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: jane
subjects:
  - kind: User
    name: jane
"""
STAMP = "certificaterequest-identity.cert-manager.io"
READY = {"type": "Ready", "status": "False", "reason": "Pending", "message": "waiting"}


@pytest.fixture
def request_(api: Api, csr: bytes) -> Body:
    return stored(api, csr)


@pytest.fixture
def controller(serving: ControlPlane) -> Iterator[Api]:
    """The API as the controllers use it."""
    with connected(serving.kubeconfig) as client:
        yield Api.of(client, CONTROLLER)


@pytest.fixture
def jane(serving: ControlPlane) -> Iterator[Api]:
    """The API as somebody uses it who may write requests and their status, and approve what one issuer may sign."""
    serving.kubectl("apply", "-f", "-", stdin=JANE)
    with connected(serving.kubeconfig) as client:
        yield Api.of(client, "jane", "customers")


@pytest.fixture
def unstamped(serving: ControlPlane, csr: bytes) -> Iterator[Api]:
    """The API as Jane uses it, with something extra about her, while no policy stamps requests."""
    serving.kubectl("apply", "-f", "-", stdin=JANE)
    serving.kubectl("delete", "mutatingadmissionpolicybinding", STAMP)
    with connected(serving.kubeconfig) as client:
        client.set_default_header("Impersonate-Extra-scopes", "all")  # type: ignore[no-untyped-call]
        jane = Api.of(client, "jane", "customers")
        eventually(lambda: _is_stamped(jane, csr, False))
        yield jane
        serving.kubectl("apply", "--server-side", "-k", "deploy/certmanager")
        eventually(lambda: _is_stamped(jane, csr, True))


def _is_stamped(api: Api, csr: bytes, expected: bool) -> None:
    refused = ""
    try:
        api.create("CertificateRequest", {"issuerRef": {"name": "i"}, "request": base64.b64encode(csr).decode()})
    except Refused as refusal:
        refused = str(refusal)
    assert (refused == "") is expected, refused


def stored(api: Api, csr: bytes, issuer: str = "shop-ca", **metadata: Any) -> Body:
    spec = {"issuerRef": {"name": issuer}, "request": base64.b64encode(csr).decode()}
    return api.create("CertificateRequest", spec, **metadata)


def test_it_says_who_made_it_whatever_they_wrote(jane: Api, csr: bytes) -> None:
    spec = {
        "issuerRef": {"name": "shop-ca"},
        "request": base64.b64encode(csr).decode(),
        "username": "system:admin",
        "uid": "0",
        "groups": ["system:masters"],
        "extra": {"scopes": ["all"]},
    }
    made = jane.create("CertificateRequest", spec)["spec"]
    assert (made["username"], made["uid"], made["groups"]) == ("jane", "", ["customers", "system:authenticated"])
    assert "extra" not in made


@pytest.mark.parametrize(
    "lie", [{"username": "system:admin"}, {"uid": "0"}, {"groups": ["system:masters"]}, {"extra": {}}]
)
def test_nobody_lies_about_it_where_nothing_stamps_it(unstamped: Api, csr: bytes, lie: Body) -> None:
    truth = {"username": "jane", "groups": ["customers", "system:authenticated"], "extra": {"scopes": ["all"]}}
    asked = {"issuerRef": {"name": "shop-ca"}, "request": base64.b64encode(csr).decode()}
    with pytest.raises(Refused, match="username, uid, groups and extra identity must be those of the requester"):
        unstamped.create("CertificateRequest", asked | truth | lie)
    unstamped.create("CertificateRequest", asked | truth)


@pytest.mark.parametrize(
    "change", [{"isCA": True}, {"username": "jane"}, {"groups": None}, {"issuerRef": {"name": "another"}}]
)
def test_its_spec_cant_change(api: Api, request_: Body, change: Body) -> None:
    with pytest.raises(Refused, match="spec: Forbidden: cannot change spec after creation"):
        api.patch(request_, {"spec": change})


@pytest.mark.parametrize("value", ["2", None])
def test_annotations_of_cert_manager_cant_change(api: Api, csr: bytes, value: str | None) -> None:
    revision, other = "cert-manager.io/certificate-revision", "acme.cert-manager.io/order"
    made = stored(api, csr, annotations={revision: "1", "example.com/note": "a"})
    for name in (revision, other) if value else (revision,):
        with pytest.raises(Refused, match=f"{name}: Forbidden: cannot change cert-manager annotation after creation"):
            api.patch(made, {"metadata": {"annotations": {name: value}}})
    api.patch(made, {"metadata": {"annotations": {"example.com/note": value}}})


def test_the_controllers_approve_for_all_issuers_of_their_group(controller: Api, request_: Body) -> None:
    approved = controller.patch_status(request_, {"conditions": [APPROVED]})
    assert approved["status"] == {"conditions": [APPROVED]}


@pytest.mark.parametrize("decision", [APPROVED, DENIED])
def test_who_may_not_use_an_issuer_cant_decide(jane: Api, request_: Body, decision: Body) -> None:
    reason = 'user "jane" does not have permissions to set approved/denied conditions for issuer'
    with pytest.raises(Refused, match=f"{reason} issuers.cert-manager.io/{NAMESPACE}.shop-ca"):
        jane.patch_status(request_, {"conditions": [decision]})
    jane.patch_status(request_, {"conditions": [READY]})


def test_who_may_use_one_issuer_decides_about_that(jane: Api, csr: bytes) -> None:
    jane.patch_status(stored(jane, csr, issuer="hers"), {"conditions": [APPROVED]})


@pytest.mark.parametrize("later", [[], [READY], [APPROVED | {"message": "changed"}], [DENIED]])
def test_a_decision_cant_be_taken_back(api: Api, request_: Body, later: list[Body]) -> None:
    api.patch_status(request_, {"conditions": [APPROVED]})
    with pytest.raises(Refused, match="'Approved' condition may not be modified once set"):
        api.patch_status(request_, {"conditions": later})
    api.patch_status(request_, {"conditions": [APPROVED, READY]})


def test_it_cant_be_both_approved_and_denied(api: Api, request_: Body) -> None:
    with pytest.raises(Refused, match="both 'Denied' and 'Approved' conditions cannot coexist"):
        api.patch_status(request_, {"conditions": [APPROVED, DENIED]})


@pytest.mark.parametrize("decision", [APPROVED, DENIED])
def test_a_decision_is_true_or_isnt_there(api: Api, request_: Body, decision: Body) -> None:
    with pytest.raises(Refused, match="may only be set to True"):
        api.patch_status(request_, {"conditions": [decision | {"status": "False"}]})
