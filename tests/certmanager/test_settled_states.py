"""What the controllers leave behind on a real control plane: the states in which the real cert-manager settles."""

import base64
import datetime

import pytest

from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.names import AltNames, Subject
from tests.certmanager.namespace import Namespace
from workshop.system.polling import eventually

pytestmark = pytest.mark.usefixtures("controllers")

DOES_NOT_EXIST = "Issuing certificate as Secret does not exist"


def ca_pair() -> dict[str, bytes]:
    """A root's pair, as in a Secret."""
    key, now = keys.generate(), datetime.datetime.now(datetime.UTC)
    request = requests.create(key, AltNames(), Subject("root"))
    validity = Validity(now, now + datetime.timedelta(days=365))
    root = certificates.self_signed(request, key, validity, is_ca=True)
    return {"tls.crt": certificates.to_pem(root), "tls.key": keys.to_pem(key)}


def test_a_self_signed_certificate_leaves_request_secret_status_and_events(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate()
    status = namespace.eventually_issued()["status"]
    leaf = namespace.leaf()
    assert (status["notBefore"], status["notAfter"]) == tuple(
        time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (leaf.not_valid_before_utc, leaf.not_valid_after_utc)
    )
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == datetime.timedelta(days=90)
    assert status["conditions"][0]["message"] == "Certificate is up to date and has not expired"
    assert namespace.names("CertificateRequest") == ["cert-1"]
    assert namespace.names("Secret") == ["tls"]
    secret = namespace.get("Secret", "tls")
    assert secret
    assert secret["type"] == "kubernetes.io/tls"
    assert secret["data"]["ca.crt"] == secret["data"]["tls.crt"]
    assert base64.b64decode(secret["data"]["tls.key"]).startswith(b"-----BEGIN EC PRIVATE KEY-----")
    assert "ownerReferences" not in secret["metadata"]
    assert secret["metadata"]["labels"] == {"controller.cert-manager.io/fao": "true"}
    assert secret["metadata"]["annotations"] == {
        "cert-manager.io/alt-names": "a.test",
        "cert-manager.io/certificate-name": "cert",
        "cert-manager.io/common-name": "",
        "cert-manager.io/ip-sans": "",
        "cert-manager.io/issuer-group": "cert-manager.io",
        "cert-manager.io/issuer-kind": "Issuer",
        "cert-manager.io/issuer-name": "issuer",
        "cert-manager.io/uri-sans": "",
    }
    request = namespace.get("CertificateRequest", "cert-1")
    assert request
    key_name = request["metadata"]["annotations"].pop("cert-manager.io/private-key-secret-name")
    assert key_name.startswith("cert-")
    assert request["metadata"]["annotations"] == {
        "cert-manager.io/certificate-name": "cert",
        "cert-manager.io/certificate-revision": "1",
    }
    assert [(one["type"], one["status"], one["reason"]) for one in request["status"]["conditions"]] == [
        ("Approved", "True", "cert-manager.io"),
        ("Ready", "True", "Issued"),
    ]

    def look() -> None:
        assert namespace.events() == [
            ("Certificate/cert", "Generated", f'Stored new private key in temporary Secret resource "{key_name}"'),
            ("Certificate/cert", "Issuing", DOES_NOT_EXIST),
            ("Certificate/cert", "Issuing", "The certificate has been successfully issued"),
            ("Certificate/cert", "Requested", 'Created new CertificateRequest resource "cert-1"'),
            (
                "CertificateRequest/cert-1",
                "BadConfig",
                "Certificate will be issued with an empty Issuer DN, which contravenes RFC 5280 and could break some "
                "strict clients",
            ),
            ("CertificateRequest/cert-1", "CertificateIssued", "Certificate fetched from issuer successfully"),
            (
                "CertificateRequest/cert-1",
                "cert-manager.io",
                "Certificate request has been approved by cert-manager.io",
            ),
        ]

    eventually(look)


def test_without_an_issuer_the_request_waits_and_the_next_key_stays(namespace: Namespace) -> None:
    namespace.certificate()
    namespace.eventually("CertificateRequest", "cert-1", "Approved", "True", "cert-manager.io")
    not_found = 'Referenced "Issuer" not found: issuer.cert-manager.io "issuer" not found'
    namespace.eventually("CertificateRequest", "cert-1", "Ready", "False", "Pending", not_found)
    namespace.eventually("Certificate", "cert", "Issuing", "True", "DoesNotExist", DOES_NOT_EXIST)
    namespace.eventually("Certificate", "cert", "Ready", "False", "DoesNotExist", DOES_NOT_EXIST)
    (key,) = namespace.names("Secret")
    certificate = namespace.get("Certificate", "cert")
    assert certificate
    assert certificate["status"]["nextPrivateKeySecretName"] == key
    namespace.issuer()
    namespace.eventually_issued()


def test_without_its_secret_a_ca_issuer_says_so_and_begins_when_it_comes(namespace: Namespace) -> None:
    namespace.issuer(spec={"ca": {"secretName": "ca"}})
    namespace.certificate()
    missing = 'Error getting keypair for CA issuer: secrets "ca" not found'
    namespace.eventually("Issuer", "issuer", "Ready", "False", "ErrGetKeyPair", missing)
    not_ready = "Referenced issuer does not have a Ready status condition"
    namespace.eventually("CertificateRequest", "cert-1", "Ready", "False", "Pending", not_ready)

    def look() -> None:
        warnings = [(reason, note) for about, reason, note in namespace.events() if about == "Issuer/issuer"]
        assert warnings == [
            ("ErrGetKeyPair", missing),
            ("ErrInitIssuer", 'Error initializing issuer: secrets "ca" not found'),
        ]

    eventually(look)
    pair = ca_pair()
    namespace.put_secret("ca", pair)
    namespace.eventually("Issuer", "issuer", "Ready", "True", "KeyPairVerified", "Signing CA verified")
    namespace.eventually_issued()
    secret = namespace.get("Secret", "tls")
    assert secret
    assert base64.b64decode(secret["data"]["ca.crt"]) == pair["tls.crt"]


def test_a_certificate_that_is_not_a_ca_can_not_sign(namespace: Namespace) -> None:
    namespace.issuer("self")
    namespace.certificate(issuerRef={"name": "self"})
    namespace.eventually_issued()
    namespace.issuer(spec={"ca": {"secretName": "tls"}})
    message = "Error getting keypair for CA issuer: certificate is not a CA"
    namespace.eventually("Issuer", "issuer", "Ready", "False", "ErrInvalidKeyPair", message)


def test_a_second_certificate_on_one_secret_says_so_and_asks_for_nothing(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate("first")
    namespace.eventually_issued("first")
    namespace.certificate("second", dnsNames=["b.test"])
    namespace.eventually(
        "Certificate", "second", "Ready", "False", "IncorrectCertificate", 'Secret was issued for "first"'
    )
    namespace.settle()
    assert namespace.names("CertificateRequest") == ["first-1"]
    assert namespace.condition("Certificate", "second", "Issuing") is None
    namespace.delete("Certificate", "first")
    namespace.eventually_issued("second")


def test_other_names_are_issued_anew_and_the_old_request_goes(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    old = namespace.leaf()
    namespace.patch("Certificate", "cert", {"spec": {"dnsNames": ["b.test", "a.test"]}})
    namespace.eventually_issued(revision=2)
    eventually(lambda: _assert_equal(namespace.names("CertificateRequest"), ["cert-2"]))
    assert AltNames.of(namespace.leaf()).dns_names == {"a.test", "b.test"}
    assert not keys.same_public_key(namespace.leaf().public_key(), old.public_key())
    secret = namespace.get("Secret", "tls")
    assert secret
    assert secret["metadata"]["annotations"]["cert-manager.io/alt-names"] == "b.test,a.test"
    changed = "Fields on existing CertificateRequest resource not up to date: [spec.dnsNames]"
    eventually(lambda: _assert_in(("Certificate/cert", "Issuing", changed), namespace.events()))


def test_a_secret_that_was_deleted_is_issued_anew(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    serial = namespace.leaf().serial_number
    namespace.delete("Secret", "tls")
    namespace.eventually_issued(revision=2)
    assert namespace.leaf().serial_number != serial
    eventually(lambda: _assert_equal(namespace.names("CertificateRequest"), ["cert-2"]))


def test_a_secret_that_another_issuer_is_said_to_have_issued_is_issued_anew(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    namespace.patch("Secret", "tls", {"metadata": {"annotations": {"cert-manager.io/issuer-name": "other"}}})
    namespace.eventually_issued(revision=2)


def test_the_template_s_labels_are_put_back_and_those_of_others_stay(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate(secretTemplate={"labels": {"mine": "yes"}, "annotations": {"note": "mine"}})
    namespace.eventually_issued()
    serial = namespace.leaf().serial_number
    namespace.patch("Secret", "tls", {"metadata": {"labels": {"mine": "no", "theirs": "yes"}}, "data": {"x": "eA=="}})
    expected = {"controller.cert-manager.io/fao": "true", "mine": "yes", "theirs": "yes"}
    eventually(lambda: _assert_equal(_labels(namespace), expected))
    namespace.patch("Certificate", "cert", {"spec": {"secretTemplate": {"labels": {"mine": None, "new": "yes"}}}})
    expected = {"controller.cert-manager.io/fao": "true", "new": "yes", "theirs": "yes"}
    eventually(lambda: _assert_equal(_labels(namespace), expected))
    secret = namespace.get("Secret", "tls")
    assert secret
    assert secret["data"]["x"] == "eA=="
    assert namespace.leaf().serial_number == serial
    namespace.eventually_issued()


def test_when_its_certificate_goes_the_secret_stays(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    namespace.delete("Certificate", "cert")
    namespace.settle()
    assert namespace.names("Secret") == ["tls"]


def test_a_key_that_may_not_be_rotated_stays(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate(privateKey={"algorithm": "ECDSA", "rotationPolicy": "Never"})
    namespace.eventually_issued()
    key = namespace.leaf().public_key()
    namespace.patch("Certificate", "cert", {"spec": {"dnsNames": ["b.test"]}})
    namespace.eventually_issued(revision=2)
    assert keys.same_public_key(namespace.leaf().public_key(), key)


def _labels(namespace: Namespace) -> object:
    return (namespace.get("Secret", "tls") or {})["metadata"]["labels"]


def _assert_equal(seen: object, expected: object) -> None:
    assert seen == expected


def _assert_in(one: object, many: list[tuple[str, str, str]]) -> None:
    assert one in many
