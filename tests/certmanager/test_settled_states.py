"""What the controllers leave behind on a real control plane: the states in which the real cert-manager settles."""

import base64
import datetime

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from certmanager.pki import keys
from certmanager.pki.names import AltNames
from tests.certmanager.namespace import Namespace
from tests.certmanager.scenarios import ca_pair
from workshop.system.polling import eventually

pytestmark = pytest.mark.usefixtures("controllers")

DOES_NOT_EXIST = "Issuing certificate as Secret does not exist"


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


def test_in_time_it_is_renewed(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate(duration="1h", renewBefore="59m56s")
    first = eventually(lambda: _issued(namespace, 1))
    second = eventually(lambda: _issued(namespace, 2))
    renewal = datetime.datetime.fromisoformat(first["renewalTime"])
    assert datetime.datetime.fromisoformat(second["notBefore"]) >= renewal
    renewing = f"Renewing certificate as renewal was scheduled at {renewal:%Y-%m-%d %H:%M:%S} +0000 UTC"
    eventually(lambda: _assert_in(("Certificate/cert", "Issuing", renewing), namespace.events()))


def test_what_was_found_invalid_fails_and_is_not_tried_again_before_the_spec_changes(namespace: Namespace) -> None:
    namespace.certificate()
    namespace.eventually("CertificateRequest", "cert-1", "Ready", "False", "Pending")
    request = namespace.get("CertificateRequest", "cert-1")
    assert request
    now = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
    invalid = {
        "type": "InvalidRequest",
        "status": "True",
        "reason": "Nobody",
        "message": "no",
        "lastTransitionTime": now,
    }
    conditions = [*request["status"]["conditions"], invalid]
    namespace.patch_status("CertificateRequest", "cert-1", {"conditions": conditions})
    message = "The certificate request has failed to complete and will be retried: no"
    namespace.eventually("Certificate", "cert", "Issuing", "False", "Nobody", message)
    namespace.issuer()
    namespace.settle()
    certificate = namespace.get("Certificate", "cert")
    assert certificate
    assert certificate["status"]["failedIssuanceAttempts"] == 1
    assert namespace.names("CertificateRequest") == ["cert-1"]
    assert namespace.names("Secret") == []
    namespace.patch("Certificate", "cert", {"spec": {"dnsNames": ["b.test"]}})
    status = namespace.eventually_issued()["status"]
    assert {"failedIssuanceAttempts", "lastFailureTime"}.isdisjoint(status)


@pytest.mark.parametrize(
    "data",
    [
        {"tls.key": b"rubbish"},
        {"tls.crt": b"rubbish"},
        {"tls.key": keys.to_pem(keys.generate())},
        {"tls.crt": b""},
    ],
    ids=["no key", "no certificate", "another key", "half a pair"],
)
def test_what_is_no_pair_any_more_is_issued_anew(namespace: Namespace, data: dict[str, bytes]) -> None:
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    namespace.patch("Secret", "tls", {"data": {name: base64.b64encode(value).decode() for name, value in data.items()}})
    namespace.eventually_issued(revision=2)


def test_a_secret_that_was_there_before_keeps_its_type_and_what_is_in_it(namespace: Namespace) -> None:
    namespace.put_secret("tls", {"password": b"secret"}, "Opaque")
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    secret = namespace.get("Secret", "tls")
    assert secret
    assert secret["type"] == "Opaque"
    assert base64.b64decode(secret["data"]["password"]) == b"secret"


def test_other_forms_of_the_pair_are_there_as_long_as_they_are_wanted(namespace: Namespace) -> None:
    namespace.issuer()
    namespace.certificate(additionalOutputFormats=[{"type": "DER"}, {"type": "CombinedPEM"}])
    namespace.eventually_issued()
    secret = namespace.get("Secret", "tls")
    assert secret
    data = {name: base64.b64decode(value) for name, value in secret["data"].items()}
    assert data["tls-combined.pem"] == data["tls.key"] + b"\n" + data["tls.crt"]
    der = load_der_private_key(data["key.der"], None)
    assert keys.same_public_key(der.public_key(), namespace.leaf().public_key())
    namespace.patch("Certificate", "cert", {"spec": {"additionalOutputFormats": None}})
    eventually(
        lambda: _assert_equal(sorted((namespace.get("Secret", "tls") or {})["data"]), ["ca.crt", "tls.crt", "tls.key"])
    )
    namespace.eventually_issued()


def _issued(namespace: Namespace, revision: int) -> dict[str, str]:
    """The status, if at least so many have been issued and it is ready."""
    status: dict[str, str] = (namespace.get("Certificate", "cert") or {}).get("status", {})
    assert int(status.get("revision", 0)) >= revision
    assert "notBefore" in status
    return status


def _labels(namespace: Namespace) -> object:
    return (namespace.get("Secret", "tls") or {})["metadata"]["labels"]


def _assert_equal(seen: object, expected: object) -> None:
    assert seen == expected


def _assert_in(one: object, many: list[tuple[str, str, str]]) -> None:
    assert one in many
