"""Each field that is supported does what it says: seen in the certificate, the request, the Secret and the status."""

import base64
import datetime
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs12
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from certmanager.apis import annotations
from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.keys import PrivateKey
from certmanager.pki.names import AltNames, Subject
from tests.certmanager.api import Api
from tests.certmanager.manifests import Spec
from tests.certmanager.namespace import CERTMANAGER, Namespace
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import connected
from workshop.testing.operator_process import OperatorProcess

E = TypeVar("E", bound=x509.ExtensionType)
Body = dict[str, Any]
NAMESPACE = "effects"
PBES2 = bytes.fromhex("2a864886f70d01050d")  # how a keystore says by which algorithm it is encrypted
DES = bytes.fromhex("2a864886f70d010c0103")
CRL, OCSP, ISSUER = "http://crl.example.com/1", "http://ocsp.example.com", "http://ca.example.com/ca.crt"


def extension(holder: x509.Certificate | x509.CertificateSigningRequest, kind: type[E]) -> E:
    return holder.extensions.get_extension_for_class(kind).value


@dataclass(frozen=True)
class Issued:
    """What one Certificate has left behind."""

    certificate: Body
    request: Body
    secret: Body

    @property
    def leaf(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.data("tls.crt"))

    @property
    def csr(self) -> x509.CertificateSigningRequest:
        return x509.load_pem_x509_csr(base64.b64decode(self.request["spec"]["request"]))

    @property
    def key(self) -> PrivateKey:
        return keys.from_pem(self.data("tls.key"))

    def data(self, name: str) -> bytes:
        return base64.b64decode(self.secret["data"][name])

    def annotation(self, name: str) -> str:
        return str(self.secret["metadata"]["annotations"][name])

    def subject(self, oid: x509.ObjectIdentifier) -> list[str | bytes]:
        return [attribute.value for attribute in self.leaf.subject.get_attributes_for_oid(oid)]

    def names(self, kind: type[x509.GeneralName]) -> list[Any]:
        found = extension(self.leaf, x509.SubjectAlternativeName)
        return [name.value for name in found if isinstance(name, kind)]

    def constraints(self, which: str, kind: type[x509.GeneralName]) -> list[Any]:
        subtrees = getattr(extension(self.leaf, x509.NameConstraints), f"{which}_subtrees")
        return [name.value for name in subtrees if isinstance(name, kind)]

    def keystore(self, password: str) -> bool:
        """Whether the keystore has this password, and inside what the Secret has."""
        inside = pkcs12.load_pkcs12(self.data("keystore.p12"), password.encode())
        assert inside.cert
        assert inside.key
        same = keys.same_public_key(inside.key.public_key(), self.key.public_key())
        return same and inside.cert.certificate == self.leaf

    def truststore(self, password: str) -> list[str]:
        inside = pkcs12.load_pkcs12(self.data("truststore.p12"), password.encode())
        return [each.certificate.subject.rfc4514_string() for each in inside.additional_certs]

    @property
    def renewed_before_end(self) -> datetime.timedelta:
        status = self.certificate["status"]
        end, renewal = (datetime.datetime.fromisoformat(status[field]) for field in ("notAfter", "renewalTime"))
        return end - renewal


def constrained(which: str, **names: list[str]) -> Spec:
    return {"isCA": True, "nameConstraints": {"critical": True, which: names}}


def constraint_effects(which: str) -> dict[str, tuple[Spec, Callable[[Issued], object], object]]:
    field = f"spec.nameConstraints.{which}"
    return {
        f"{field}.dnsDomains": (
            constrained(which, dnsDomains=["example.com"]),
            lambda one: one.constraints(which, x509.DNSName),
            ["example.com"],
        ),
        f"{field}.ipRanges": (
            constrained(which, ipRanges=["10.0.0.0/8", "fd00::/8"]),
            lambda one: one.constraints(which, x509.IPAddress),
            [ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8")],
        ),
        f"{field}.emailAddresses": (
            constrained(which, emailAddresses=["example.com"]),
            lambda one: one.constraints(which, x509.RFC822Name),
            ["example.com"],
        ),
        f"{field}.uriDomains": (
            constrained(which, uriDomains=[".example.com"]),
            lambda one: one.constraints(which, x509.UniformResourceIdentifier),
            [".example.com"],
        ),
    }


def subject_effect(field: str, oid: x509.ObjectIdentifier, *values: str) -> dict[str, Any]:
    spec = {"subject": {field: list(values)}}
    return {f"spec.subject.{field}": (spec, lambda one: one.subject(oid), list(values))}


EFFECTS: dict[str, tuple[Spec, Callable[[Issued], object], object]] = {
    "spec.secretName": ({"secretName": "elsewhere"}, lambda one: one.secret["metadata"]["name"], "elsewhere"),
    "spec.issuerRef.name": (
        {"issuerRef": {"name": "other-ca"}},
        lambda one: one.leaf.issuer.rfc4514_string(),
        "CN=other-ca",
    ),
    "spec.issuerRef.kind": (
        {"issuerRef": {"name": "effects-itself", "kind": "ClusterIssuer"}, "commonName": "a"},
        lambda one: (one.leaf.issuer == one.leaf.subject, one.annotation(annotations.ISSUER_KIND)),
        (True, "ClusterIssuer"),
    ),
    "spec.issuerRef.group": (
        {"issuerRef": {"name": "ca", "group": "cert-manager.io"}},
        lambda one: one.annotation(annotations.ISSUER_GROUP),
        "cert-manager.io",
    ),
    "spec.commonName": ({"commonName": "shop"}, lambda one: one.subject(NameOID.COMMON_NAME), ["shop"]),
    **subject_effect("organizations", NameOID.ORGANIZATION_NAME, "Example, Inc.", "Another"),
    **subject_effect("countries", NameOID.COUNTRY_NAME, "DE", "FR"),
    **subject_effect("organizationalUnits", NameOID.ORGANIZATIONAL_UNIT_NAME, "Ice"),
    **subject_effect("localities", NameOID.LOCALITY_NAME, "Bonn"),
    **subject_effect("provinces", NameOID.STATE_OR_PROVINCE_NAME, "NRW"),
    **subject_effect("streetAddresses", NameOID.STREET_ADDRESS, "Am Markt 1"),
    **subject_effect("postalCodes", NameOID.POSTAL_CODE, "53111"),
    "spec.subject.serialNumber": (
        {"subject": {"serialNumber": "4711"}},
        lambda one: one.subject(NameOID.SERIAL_NUMBER),
        ["4711"],
    ),
    "spec.literalSubject": (
        {"literalSubject": "CN=shop, OU=Ice,O=Example\\, Inc."},
        lambda one: one.leaf.subject.rfc4514_string(),
        "CN=shop,OU=Ice,O=Example\\, Inc.",
    ),
    "spec.dnsNames": (
        {"dnsNames": ["b.example", "*.a.example"]},
        lambda one: one.names(x509.DNSName),
        ["b.example", "*.a.example"],
    ),
    "spec.ipAddresses": (
        {"ipAddresses": ["192.0.2.7", "2001:db8::7"]},
        lambda one: one.names(x509.IPAddress),
        [ipaddress.ip_address("192.0.2.7"), ipaddress.ip_address("2001:db8::7")],
    ),
    "spec.uris": (
        {"uris": ["spiffe://cluster.local/ns/default/sa/shop"]},
        lambda one: one.names(x509.UniformResourceIdentifier),
        ["spiffe://cluster.local/ns/default/sa/shop"],
    ),
    "spec.emailAddresses": (
        {"emailAddresses": ["a@example.com"]},
        lambda one: one.names(x509.RFC822Name),
        ["a@example.com"],
    ),
    "spec.duration": (
        {"duration": "2h"},
        lambda one: one.leaf.not_valid_after_utc - one.leaf.not_valid_before_utc,
        datetime.timedelta(hours=2),
    ),
    "spec.renewBefore": (
        {"duration": "2h", "renewBefore": "20m"},
        lambda one: one.renewed_before_end,
        datetime.timedelta(minutes=20),
    ),
    "spec.renewBeforePercentage": (
        {"duration": "2h", "renewBeforePercentage": 25},
        lambda one: one.renewed_before_end,
        datetime.timedelta(minutes=30),
    ),
    "spec.isCA": (
        {"isCA": True},
        lambda one: (
            extension(one.leaf, x509.BasicConstraints).ca,
            extension(one.leaf, x509.KeyUsage).key_cert_sign,
        ),
        (True, True),
    ),
    "spec.usages": (
        {"usages": ["server auth", "client auth"]},
        lambda one: list(extension(one.leaf, x509.ExtendedKeyUsage)),
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
    ),
    "spec.encodeUsagesInRequest": (
        {"encodeUsagesInRequest": False},
        lambda one: [type(each.value) for each in one.csr.extensions],
        [x509.SubjectAlternativeName],
    ),
    "spec.nameConstraints.critical": (
        constrained("permitted", dnsDomains=["example.com"]),
        lambda one: one.leaf.extensions.get_extension_for_class(x509.NameConstraints).critical,
        True,
    ),
    **constraint_effects("permitted"),
    **constraint_effects("excluded"),
    "spec.privateKey.algorithm": (
        {"privateKey": {"algorithm": "Ed25519"}},
        lambda one: type(one.key).__name__,
        "Ed25519PrivateKey",
    ),
    "spec.privateKey.size": (
        {"privateKey": {"algorithm": "ECDSA", "size": 384}},
        lambda one: getattr(one.key, "key_size", None),
        384,
    ),
    "spec.privateKey.encoding": (
        {"privateKey": {"algorithm": "ECDSA", "encoding": "PKCS8"}},
        lambda one: one.data("tls.key").splitlines()[0],
        b"-----BEGIN PRIVATE KEY-----",
    ),
    "spec.signatureAlgorithm": (
        {"signatureAlgorithm": "ECDSAWithSHA512"},
        lambda one: one.csr.signature_hash_algorithm and one.csr.signature_hash_algorithm.name,
        "sha512",
    ),
    "spec.secretTemplate.labels": (
        {"secretTemplate": {"labels": {"app": "shop"}}},
        lambda one: one.secret["metadata"]["labels"]["app"],
        "shop",
    ),
    "spec.secretTemplate.annotations": (
        {"secretTemplate": {"annotations": {"example.com/note": "hello"}}},
        lambda one: one.annotation("example.com/note"),
        "hello",
    ),
    "spec.additionalOutputFormats[].type": (
        {"additionalOutputFormats": [{"type": "DER"}, {"type": "CombinedPEM"}]},
        lambda one: (
            one.data("tls-combined.pem") == one.data("tls.key") + b"\n" + one.data("tls.crt"),
            keys.same_public_key(one.leaf.public_key(), load_der_private_key(one.data("key.der"), None).public_key()),
        ),
        (True, True),
    ),
    "spec.keystores.pkcs12.create": (
        {"keystores": {"pkcs12": {"create": True, "password": "changeit"}}},
        lambda one: (one.keystore("changeit"), one.truststore("changeit")),
        (True, ["CN=ca"]),
    ),
    "spec.keystores.pkcs12.password": (
        {"keystores": {"pkcs12": {"create": True, "password": "another"}}},
        lambda one: one.keystore("another"),
        True,
    ),
    "spec.keystores.pkcs12.passwordSecretRef.name": (
        {"keystores": {"pkcs12": {"create": True, "passwordSecretRef": {"name": "passwords", "key": "one"}}}},
        lambda one: one.keystore("first"),
        True,
    ),
    "spec.keystores.pkcs12.passwordSecretRef.key": (
        {"keystores": {"pkcs12": {"create": True, "passwordSecretRef": {"name": "passwords", "key": "two"}}}},
        lambda one: one.keystore("second"),
        True,
    ),
    "spec.keystores.pkcs12.profile": (
        {"keystores": {"pkcs12": {"create": True, "password": "changeit", "profile": "Modern2023"}}},
        lambda one: [oid in one.data(store) for store in ("keystore.p12", "truststore.p12") for oid in (PBES2, DES)],
        [True, False, True, False],
    ),
}


def ca_pair(name: str) -> dict[str, bytes]:
    key, now = keys.generate(), datetime.datetime.now(datetime.UTC)
    validity = Validity(now, now + datetime.timedelta(days=365))
    root = certificates.self_signed(requests.create(key, AltNames(), Subject(name)), key, validity, is_ca=True)
    return {"tls.crt": certificates.to_pem(root), "tls.key": keys.to_pem(key)}


@pytest.fixture(scope="module")
def namespace(
    serving: ControlPlane, api: Api, kubeconfig: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Namespace]:
    """A namespace with issuers, and the controllers for it."""
    serving.kubectl("create", "namespace", NAMESPACE)
    api.create("ClusterIssuer", {"selfSigned": {}}, name="effects-itself")
    log = tmp_path_factory.mktemp("effects") / "certmanager.log"
    process = OperatorProcess(kubeconfig, log, f"--namespace={NAMESPACE}", module=CERTMANAGER.module)
    with connected(serving.kubeconfig) as client:
        namespace = Namespace(serving, client, NAMESPACE)
        urls = {"crlDistributionPoints": [CRL], "ocspServers": [OCSP], "issuingCertificateURLs": [ISSUER]}
        for name in ("ca", "other-ca"):
            namespace.put_secret(name, ca_pair(name))
            namespace.issuer(name, {"ca": {"secretName": name, **urls}})
        namespace.put_secret("passwords", {"one": b"first", "two": b"second"}, "Opaque")
        namespace.issuer("itself", {"selfSigned": {"crlDistributionPoints": [CRL]}})
        yield namespace
    process.kill()
    serving.kubectl("delete", "clusterissuer", "effects-itself")
    serving.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def settled(namespace: Namespace, name: str, secret: str, revision: int = 1) -> Issued:
    body = eventually(lambda: namespace.eventually_issued(name, revision), within=60)
    request, stored = namespace.get("CertificateRequest", f"{name}-{revision}"), namespace.get("Secret", secret)
    assert request
    assert stored
    return Issued(body, request, stored)


@pytest.fixture(scope="module")
def all_issued(namespace: Namespace) -> dict[str, Issued]:
    """A Certificate for each field, all at once."""
    specs: dict[str, tuple[str, Spec]] = {}
    for number, (field, (spec, _, _)) in enumerate(EFFECTS.items()):
        name = f"field-{number}"
        specs[field] = (name, {"secretName": name, "issuerRef": {"name": "ca"}} | spec)
    for name, spec in specs.values():
        namespace.certificate(name, **spec)
    return {field: settled(namespace, name, spec["secretName"]) for field, (name, spec) in specs.items()}


@pytest.mark.parametrize("field", EFFECTS)
def test_a_field_does_what_it_says(all_issued: dict[str, Issued], field: str) -> None:
    _, look, expected = EFFECTS[field]
    assert look(all_issued[field]) == expected


@pytest.mark.parametrize(("policy", "same"), [("Never", True), ("Always", False)])
def test_a_rotation_policy_keeps_the_key_or_not(namespace: Namespace, policy: str, same: bool) -> None:
    name = f"rotation-{policy.lower()}"
    key = {"algorithm": "ECDSA", "rotationPolicy": policy}
    namespace.certificate(name, secretName=name, issuerRef={"name": "ca"}, privateKey=key)
    before = settled(namespace, name, name)
    namespace.patch("Certificate", name, {"spec": {"dnsNames": ["b.test"]}})
    after = settled(namespace, name, name, revision=2)
    assert after.names(x509.DNSName) == ["b.test"]
    assert (before.data("tls.key") == after.data("tls.key")) is same


def test_as_many_requests_are_kept_as_the_history_may_be_long(namespace: Namespace) -> None:
    namespace.certificate("history", secretName="history", issuerRef={"name": "ca"}, revisionHistoryLimit=2)
    for revision, name in enumerate(("a.test", "b.test", "c.test"), start=1):
        namespace.patch("Certificate", "history", {"spec": {"dnsNames": [name]}})
        settled(namespace, "history", "history", revision)

    def look() -> None:
        kept = [name for name in namespace.names("CertificateRequest") if name.startswith("history-")]
        assert kept == ["history-2", "history-3"]

    eventually(look)


def test_a_request_by_hand_is_granted_what_it_asks_for(namespace: Namespace) -> None:
    key = keys.generate()
    csr = requests.to_pem(requests.create(key, AltNames(frozenset({"hand.test"})), Subject("by hand")))
    spec = {
        "issuerRef": {"name": "ca", "kind": "Issuer", "group": "cert-manager.io"},
        "request": base64.b64encode(csr).decode(),
        "duration": "10m",
        "isCA": True,
        "usages": ["cert sign", "client auth"],
    }
    namespace.create("CertificateRequest", "by-hand", spec)
    namespace.eventually("CertificateRequest", "by-hand", "Ready", "True", "Issued")
    body = namespace.get("CertificateRequest", "by-hand")
    assert body
    leaf, ca = (
        x509.load_pem_x509_certificate(base64.b64decode(body["status"][field])) for field in ("certificate", "ca")
    )
    leaf.verify_directly_issued_by(ca)
    assert ca.subject.rfc4514_string() == "CN=ca"
    assert leaf.public_key() == key.public_key()
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == datetime.timedelta(minutes=10)
    assert extension(leaf, x509.BasicConstraints).ca
    assert list(extension(leaf, x509.ExtendedKeyUsage)) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_an_issuer_writes_where_to_ask_about_a_certificate(namespace: Namespace) -> None:
    for issuer in ("ca", "itself"):
        name = f"urls-{issuer}"
        namespace.certificate(name, secretName=name, issuerRef={"name": issuer})
        leaf = settled(namespace, name, name).leaf
        points = extension(leaf, x509.CRLDistributionPoints)
        assert [name.value for point in points for name in point.full_name or ()] == [CRL]
        if issuer == "ca":
            access = {
                (each.access_method, each.access_location.value)
                for each in extension(leaf, x509.AuthorityInformationAccess)
            }
            assert access == {
                (AuthorityInformationAccessOID.OCSP, OCSP),
                (AuthorityInformationAccessOID.CA_ISSUERS, ISSUER),
            }
