"""Reading stored objects, with cert-manager's defaults."""

import datetime
from typing import Any

import pytest

from certmanager.apis import certificate, certificate_request, conditions, issuer
from certmanager.apis.certificate_spec import CertificateSpec, OutputFormat, PrivateKey, RotationPolicy
from certmanager.apis.issuer import CAIssuer, SelfSignedIssuer
from certmanager.apis.references import IssuerReference, SecretKeySelector
from certmanager.pki.keys import Algorithm, Encoding
from tests.certmanager.manifests import ACCEPTED, CERTIFICATE, REQUEST, STATUSES, UNSUPPORTED

NOON = datetime.datetime(2026, 11, 25, 18, tzinfo=datetime.UTC)


def stored(kind: str, spec: object, status: object = None, **metadata: Any) -> dict[str, Any]:
    always = {
        "namespace": "shop",
        "name": "a",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    body = {"apiVersion": "cert-manager.io/v1", "kind": kind, "metadata": always | metadata, "spec": spec}
    return body if status is None else body | {"status": status}


def spec_of(name: str) -> CertificateSpec:
    return certificate.parse(stored("Certificate", ACCEPTED["Certificate"][name])).spec


def test_a_certificate_that_says_nothing_has_the_defaults() -> None:
    spec = certificate.parse(stored("Certificate", CERTIFICATE)).spec
    assert spec == CertificateSpec("shop-tls", IssuerReference("shop-ca"), dns_names=("shop.example",))
    assert spec.issuer_ref == IssuerReference("shop-ca", "Issuer", "cert-manager.io")
    assert spec.private_key == PrivateKey(Algorithm.RSA, 2048, Encoding.PKCS1, RotationPolicy.ALWAYS)
    assert (spec.duration, spec.encode_usages_in_request) == (None, True)
    assert (spec.usages, spec.revision_history_limit) == ((), 1)


@pytest.mark.parametrize("spec", ACCEPTED["Certificate"].values(), ids=ACCEPTED["Certificate"])
def test_what_the_api_server_takes_can_be_read(spec: dict[str, Any]) -> None:
    parsed = certificate.parse(stored("Certificate", spec)).spec
    assert parsed.name().rdns or parsed.dns_names or parsed.uris


def test_empty_strings_are_the_defaults_too() -> None:
    assert spec_of("an issuer with empty defaults").issuer_ref == IssuerReference("x")
    assert spec_of("no literalSubject").name().rfc4514_string() == "CN=shop"


@pytest.mark.parametrize(
    ("name", "size"), [("an RSA key", 3072), ("an ECDSA key", 521), ("an Ed25519 key, whose size says nothing", 0)]
)
def test_sizes_of_keys(name: str, size: int) -> None:
    assert spec_of(name).private_key.size == size


def test_an_ecdsa_key_without_a_size() -> None:
    spec = certificate.parse(stored("Certificate", CERTIFICATE | {"privateKey": {"algorithm": "ECDSA"}})).spec
    assert spec.private_key == PrivateKey(Algorithm.ECDSA, 256)


def test_a_certificate_that_says_a_lot() -> None:
    assert spec_of("an RSA key").private_key.rotation_policy == RotationPolicy.NEVER
    assert spec_of("an hour").renew_before == datetime.timedelta(minutes=5)
    assert spec_of("a part of the lifetime").renew_before_percentage == 25
    assert spec_of("both other formats").additional_output_formats == (OutputFormat.DER, OutputFormat.COMBINED_PEM)
    assert spec_of("usages").encode_usages_in_request is False
    assert spec_of("a secretTemplate").secret_labels["app"] == "shop"
    constraints = spec_of("name constraints").name_constraints
    assert constraints
    assert constraints.critical
    assert constraints.permitted == constraints.excluded
    assert constraints.permitted
    assert constraints.permitted.ip_ranges == ("10.0.0.0/8", "fd00::/8")


def test_keystores() -> None:
    with_password = spec_of("a keystore with a password").pkcs12
    assert with_password
    assert (with_password.password, with_password.password_secret_ref) == ("changeit", None)
    assert with_password.profile == "Modern2023"
    assert "changeit" not in repr(with_password)
    by_secret = spec_of("a keystore whose password is in a Secret").pkcs12
    assert by_secret
    assert by_secret.password_secret_ref == SecretKeySelector("keystore", "password")


def test_the_names_of_a_certificate() -> None:
    assert spec_of("a literalSubject").name().rfc4514_string() == "CN=shop,OU=Ice,O=Example\\, Inc."
    assert spec_of("a subject").name().rfc4514_string().startswith("2.5.4.5=4711,2.5.4.17=53111,STREET=Am Markt 1")


def test_the_status_of_a_certificate() -> None:
    parsed = certificate.parse(stored("Certificate", CERTIFICATE, STATUSES["Certificate"])).status
    assert (parsed.not_before, parsed.not_after, parsed.renewal_time) == (NOON, NOON, NOON)
    assert (parsed.revision, parsed.failed_issuance_attempts, parsed.last_failure_time) == (7, 2, NOON)
    assert parsed.next_private_key_secret_name == "shop-tls-abcde"
    assert conditions.is_true(parsed.conditions, conditions.READY)


def test_metadata() -> None:
    owners = [{"uid": "other"}, {"uid": "owner", "controller": True}]
    parsed = certificate.parse(stored("Certificate", CERTIFICATE, ownerReferences=owners, labels={"a": "b"})).metadata
    assert (parsed.namespace, parsed.name, parsed.controller, parsed.labels) == ("shop", "a", "owner", {"a": "b"})
    assert not parsed.deleting


def test_a_request() -> None:
    revision = {"cert-manager.io/certificate-revision": "3"}
    spec = REQUEST | {"duration": "10m", "isCA": True, "usages": ["cert sign"], "username": "jane"}
    parsed = certificate_request.parse(
        stored("CertificateRequest", spec, STATUSES["CertificateRequest"], annotations=revision)
    )
    assert parsed.spec.request.startswith(b"-----BEGIN CERTIFICATE REQUEST-----\n")
    assert (parsed.spec.duration, parsed.spec.is_ca, parsed.spec.usages) == (
        datetime.timedelta(minutes=10),
        True,
        ("cert sign",),
    )
    assert (parsed.revision, parsed.spec.username, parsed.status.failure_time) == (3, "jane", NOON)
    assert parsed.status.certificate == parsed.status.ca == parsed.spec.request


def test_a_request_that_nobody_has_looked_at() -> None:
    parsed = certificate_request.parse(stored("CertificateRequest", REQUEST))
    assert (parsed.revision, parsed.approved, parsed.denied, parsed.status.certificate) == (None, False, False, b"")
    assert parsed.spec.duration is None


@pytest.mark.parametrize("decision", ["Approved", "Denied"])
def test_a_request_that_is_decided(decision: str) -> None:
    status = {"conditions": [{"type": decision, "status": "True"}]}
    parsed = certificate_request.parse(stored("CertificateRequest", REQUEST, status))
    assert (parsed.approved, parsed.denied) == (decision == "Approved", decision == "Denied")


@pytest.mark.parametrize("kind", ["Issuer", "ClusterIssuer"])
def test_issuers(kind: str) -> None:
    specs = ACCEPTED[kind]
    assert issuer.parse(stored(kind, specs["a selfSigned issuer"])).config == SelfSignedIssuer()
    assert issuer.parse(stored(kind, specs["a CA that says where to ask"])).config == CAIssuer(
        "root-ca", ("http://crl.example.com",), ("http://ocsp.example.com",), ("http://ca.example.com/ca.crt",)
    )
    parsed = issuer.parse(stored(kind, specs["a CA"], STATUSES[kind]))
    assert (parsed.kind, parsed.ready) == (kind, True)


@pytest.mark.parametrize("name", UNSUPPORTED["Issuer"])
def test_an_issuer_from_before_our_crds_has_no_config(name: str) -> None:
    assert issuer.parse(stored("Issuer", UNSUPPORTED["Issuer"][name])).config is None


def test_a_condition_that_isnt_there() -> None:
    assert conditions.find([], "Ready") is None
    assert not conditions.is_true([], "Ready")
    assert conditions.reason([], "Ready") == ""
    assert conditions.reason([{"type": "Ready", "status": "False", "reason": "Pending"}], "Ready") == "Pending"
