"""What people and programs see of the CRDs beside their specs: names, columns, selectors, and the status."""

import pytest
import yaml

from tests.certmanager.api import RESOURCES, Api, Body
from tests.certmanager.manifests import CA, CERTIFICATE, REQUEST, STATUSES
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import CHECKOUT

CRDS = CHECKOUT / "deploy/certmanager/crds"
SHORT_NAMES = {
    "Certificate": ["cert", "certs"],
    "CertificateRequest": ["cr", "crs"],
    "Issuer": ["iss"],
    "ClusterIssuer": ["ciss"],
}
COLUMNS = {
    "Certificate": "NAME READY SECRET ISSUER STATUS AGE",
    "CertificateRequest": "NAME APPROVED DENIED READY ISSUER REQUESTER STATUS AGE",
    "Issuer": "NAME READY STATUS AGE",
    "ClusterIssuer": "NAME READY STATUS AGE",
}
LEAST = {"Certificate": CERTIFICATE, "CertificateRequest": REQUEST, "Issuer": {"ca": CA}, "ClusterIssuer": {"ca": CA}}


def schema(kind: str) -> Body:
    crd = yaml.safe_load((CRDS / f"cert-manager.io_{RESOURCES[kind]}.yaml").read_text())
    version: Body = crd["spec"]["versions"][0]
    return version


@pytest.mark.parametrize("kind", RESOURCES)
def test_kubectl_knows_the_short_names_and_columns_of_the_real_one(serving: ControlPlane, api: Api, kind: str) -> None:
    api.create(kind, LEAST[kind])
    for name in SHORT_NAMES[kind]:
        assert serving.kubectl("get", name, "-o", "wide").splitlines()[0].split() == COLUMNS[kind].split()


def test_the_category_has_all_kinds(serving: ControlPlane) -> None:
    listed = serving.kubectl("api-resources", "--categories=cert-manager", "-o", "name").split()
    assert sorted(listed) == sorted(f"{resource}.cert-manager.io" for resource in RESOURCES.values())


@pytest.mark.parametrize("kind", ["Certificate", "CertificateRequest"])
def test_objects_are_selected_by_their_issuer(api: Api, kind: str) -> None:
    reference = {"name": f"of-{kind.lower()}", "kind": "Stamp", "group": "example.com"}
    made = api.create(kind, LEAST[kind] | {"issuerRef": reference})
    api.create(kind, LEAST[kind])
    for field, value in reference.items():
        selected = api.list(kind, field_selector=f"spec.issuerRef.{field}={value}")
        assert made["metadata"]["uid"] in {each["metadata"]["uid"] for each in selected}
        assert {each["spec"]["issuerRef"][field] for each in selected} == {value}


@pytest.mark.parametrize("kind", RESOURCES)
def test_the_status_is_a_subresource_that_keeps_all_of_it(api: Api, kind: str) -> None:
    made = api.create(kind, LEAST[kind])
    written = api.patch_status(made, STATUSES[kind])
    assert written["status"] == STATUSES[kind]
    assert api.patch(written, {"status": {"conditions": []}})["status"] == STATUSES[kind]


def test_both_kinds_of_issuers_have_one_schema() -> None:
    namespaced, cluster = schema("Issuer"), schema("ClusterIssuer")
    for version in (namespaced, cluster):
        root = version["schema"]["openAPIV3Schema"]
        for described in (root, root["properties"]["kind"], root["properties"]["spec"]["properties"]["ca"]):
            described.pop("description")
        root["properties"]["spec"]["properties"]["ca"]["properties"]["secretName"].pop("description")
    assert namespaced == cluster


def test_the_policies_fit_the_schemas(serving: ControlPlane) -> None:
    policies = serving.get("validatingadmissionpolicies")["items"]
    assert {policy["metadata"]["name"]: policy["status"]["typeChecking"] for policy in policies} == {
        "certificate.cert-manager.io": {},
        "certificaterequest.cert-manager.io": {},
    }
