"""Requests and certificates: what is asked for is what is certified, and TLS by OpenSSL agrees."""

import base64
import datetime
import ipaddress
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from certmanager.pki import certificates, keys, requests, usages
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import Algorithm
from certmanager.pki.names import AltNames, Subject, common_name
from tests.pki.conftest import MakeAuthority

NAMES = AltNames(
    frozenset({"example.test", "*.example.test"}),
    frozenset({ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")}),
    frozenset({"spiffe://example.test/icecream"}),
    frozenset({"a@example.test"}),
)
SUBJECT = Subject(
    "example.test", ("Icecream",), ("Cones",), ("AT",), ("Eisenstadt",), ("Burgenland",), ("Ring 1",), ("7000",), "42"
)

REQUEST = requests.create(keys.generate(), NAMES, SUBJECT)

labels = st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True)
dns_names = st.lists(labels, min_size=1, max_size=4).map(".".join)
alt_names = st.builds(
    AltNames,
    st.frozensets(dns_names, max_size=5),
    st.frozensets(st.ip_addresses(), max_size=5),
    st.frozensets(dns_names.map(lambda name: f"spiffe://{name}/x"), max_size=2),
    st.frozensets(dns_names.map(lambda name: f"a@{name}"), max_size=2),
)


Extension = TypeVar("Extension", bound=x509.ExtensionType)


def extension(
    holder: x509.Certificate | x509.CertificateSigningRequest, kind: type[Extension]
) -> x509.Extension[Extension]:
    return holder.extensions.get_extension_for_class(kind)


@given(alt_names)
def test_the_names_of_a_request_come_back_whatever_they_are(names: AltNames) -> None:
    request = requests.from_pem(requests.to_pem(requests.create(keys.generate(), names)))
    assert AltNames.of(request) == names


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_certificate_by_a_ca_holds_what_the_request_asked_for(
    make_authority: MakeAuthority, validity: Validity, algorithm: Algorithm
) -> None:
    key = keys.generate(algorithm)
    request = requests.create(key, NAMES, SUBJECT)
    certificate = certificates.signed_by(make_authority(), request, validity, ["digital signature", "server auth"])
    assert AltNames.of(certificate) == NAMES
    assert certificate.subject == SUBJECT.to_x509()
    assert keys.same_public_key(certificate.public_key(), key.public_key())
    assert (certificate.not_valid_before_utc, certificate.not_valid_after_utc) == (
        validity.not_before,
        validity.not_after,
    )
    assert list(extension(certificate, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert extension(certificate, x509.BasicConstraints).value.ca is False


def test_names_are_read_in_lower_case() -> None:
    request = requests.create(keys.generate(), AltNames(frozenset({"Example.TEST"})))
    assert AltNames.of(request).dns_names == {"example.test"}


def test_equal_names_give_equal_bytes() -> None:
    names = [f"{letter}.example.test" for letter in "fedcba"]
    written = AltNames(frozenset(names)).to_x509().get_values_for_type(x509.DNSName)
    assert written == sorted(names)


def test_all_fields_of_a_subject_are_written() -> None:
    assert {attribute.oid: attribute.value for attribute in SUBJECT.to_x509()} == {
        NameOID.COUNTRY_NAME: "AT",
        NameOID.ORGANIZATION_NAME: "Icecream",
        NameOID.ORGANIZATIONAL_UNIT_NAME: "Cones",
        NameOID.LOCALITY_NAME: "Eisenstadt",
        NameOID.STATE_OR_PROVINCE_NAME: "Burgenland",
        NameOID.STREET_ADDRESS: "Ring 1",
        NameOID.POSTAL_CODE: "7000",
        NameOID.COMMON_NAME: "example.test",
        NameOID.SERIAL_NUMBER: "42",
    }
    assert common_name(SUBJECT.to_x509()) == "example.test"
    assert common_name(Subject().to_x509()) == ""


def test_names_alone_are_critical_and_beside_a_subject_are_not(
    make_authority: MakeAuthority, validity: Validity
) -> None:
    key, authority = keys.generate(), make_authority()
    alone = certificates.signed_by(authority, requests.create(key, NAMES), validity)
    beside = certificates.signed_by(authority, requests.create(key, NAMES, SUBJECT), validity)
    assert extension(alone, x509.SubjectAlternativeName).critical
    assert not extension(beside, x509.SubjectAlternativeName).critical


def test_a_certificate_names_its_own_key_and_its_issuer_s(make_authority: MakeAuthority, validity: Validity) -> None:
    """RFC 5280 section 4.2.1.1 and 4.2.1.2."""
    authority, key = make_authority(), keys.generate()
    leaf = certificates.signed_by(authority, requests.create(key, NAMES), validity)
    own, issuer = (extension(holder, x509.SubjectKeyIdentifier).value for holder in (leaf, authority.certificate))
    assert own == x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    assert extension(leaf, x509.AuthorityKeyIdentifier).value.key_identifier == issuer.digest


def test_a_ca_that_names_no_key_of_its_own_is_named_by_its_key(validity: Validity) -> None:
    ca_key = ec.generate_private_key(ec.SECP256R1())
    name = Subject("root").to_x509()
    ca = (
        x509.CertificateBuilder(name, name, ca_key.public_key(), x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    leaf = certificates.signed_by(Authority(ca, ca_key), requests.create(keys.generate(), NAMES), validity)
    by_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    assert extension(leaf, x509.AuthorityKeyIdentifier).value == by_key


@pytest.mark.parametrize(("size", "name"), [(256, "sha256"), (384, "sha384"), (521, "sha512")])
def test_a_signature_s_hash_is_as_strong_as_the_curve(size: int, name: str) -> None:
    request = requests.create(keys.generate(Algorithm.ECDSA, size), NAMES)
    assert request.signature_hash_algorithm is not None
    assert request.signature_hash_algorithm.name == name


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_self_signed_certificate_is_signed_with_its_own_key(validity: Validity, algorithm: Algorithm) -> None:
    key = keys.generate(algorithm)
    certificate = certificates.self_signed(requests.create(key, NAMES, SUBJECT), key, validity)
    certificate.verify_directly_issued_by(certificate)
    assert certificate.issuer == certificate.subject


def test_a_self_signed_certificate_can_t_be_for_another_key(validity: Validity) -> None:
    with pytest.raises(PkiError, match="request's own key"):
        certificates.self_signed(requests.create(keys.generate(), NAMES), keys.generate(), validity)


def test_a_certificate_that_is_no_ca_signs_nothing(make_authority: MakeAuthority, validity: Validity) -> None:
    key = keys.generate()
    leaf = certificates.signed_by(make_authority(), requests.create(key, NAMES), validity)
    with pytest.raises(PkiError, match="not a CA"):
        certificates.signed_by(Authority(leaf, key), requests.create(keys.generate(), NAMES), validity)


def test_a_ca_s_key_must_be_its_own(make_authority: MakeAuthority) -> None:
    with pytest.raises(PkiError, match="doesn't belong to its certificate"):
        Authority(make_authority().certificate, keys.generate())


def test_every_certificate_has_a_serial_number_of_its_own(make_authority: MakeAuthority, validity: Validity) -> None:
    authority, request = make_authority(), requests.create(keys.generate(), NAMES)
    serials = {certificates.signed_by(authority, request, validity).serial_number for _ in range(20)}
    assert len(serials) == 20


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (usages.DEFAULT, {"digital_signature", "key_encipherment"}),
        (["signing", "digital signature"], {"digital_signature"}),
        (["key agreement", "encipher only"], {"key_agreement", "encipher_only"}),
    ],
)
@pytest.mark.parametrize("is_ca", [False, True])
def test_key_usages_are_those_that_were_asked_and_a_ca_signs_certificates(
    asked: Sequence[str], granted: set[str], is_ca: bool
) -> None:
    usage = usages.key_usage(asked, is_ca=is_ca)
    assert usage is not None
    always = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    bits = [*always, "key_cert_sign", "crl_sign"] + (["encipher_only", "decipher_only"] if usage.key_agreement else [])
    assert {bit for bit in bits if getattr(usage, bit)} == granted | ({"key_cert_sign"} if is_ca else set())


def test_an_extension_that_would_say_nothing_is_left_out() -> None:
    """RFC 5280 section 4.2.1.3: at least one bit must be set; OpenSSL loads no certificate where none is."""
    assert usages.extensions([], is_ca=False) == []
    assert [type(extension) for extension, _ in usages.extensions(["server auth"], is_ca=False)] == [
        x509.ExtendedKeyUsage
    ]


def test_a_usage_with_two_names_is_written_once() -> None:
    usage = usages.extended_key_usage(["s/mime", "email protection"])
    assert usage is not None
    assert list(usage) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]


@pytest.mark.parametrize(
    ("asked", "says"), [(["eating"], "unknown usage: eating"), (["encipher only"], "don't go together")]
)
def test_usages_that_can_t_be_are_refused(asked: Sequence[str], says: str) -> None:
    with pytest.raises(PkiError, match=says):
        usages.key_usage(asked, is_ca=False)


def test_a_request_may_ask_for_usages_and_to_be_a_ca() -> None:
    request = requests.create(keys.generate(), NAMES, usages=["client auth"], is_ca=True)
    assert extension(request, x509.BasicConstraints).value.ca
    assert list(extension(request, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


@pytest.mark.parametrize(
    "make",
    [
        lambda: AltNames(frozenset({"bücher.example"})).to_x509(),
        lambda: Subject(countries=("Austria",)).to_x509(),
    ],
    ids=["a name that isn't ASCII", "a country of more than two letters"],
)
def test_a_name_that_can_t_be_written_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(PkiError, match="can't be written into a certificate"):
        make()


@given(st.binary(max_size=300))
def test_what_is_no_request_is_refused(pem: bytes) -> None:
    with pytest.raises(PkiError, match="not a certificate request in PEM"):
        requests.from_pem(pem)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), byte=st.integers(0, 255))
def test_a_request_with_one_byte_changed_is_refused(data: st.DataObject, byte: int) -> None:
    der = bytearray(REQUEST.public_bytes(serialization.Encoding.DER))
    position = data.draw(st.integers(0, len(der) - 1))
    assume(der[position] != byte)
    der[position] = byte
    body = base64.encodebytes(bytes(der))
    with pytest.raises(PkiError):
        requests.from_pem(b"-----BEGIN CERTIFICATE REQUEST-----\n" + body + b"-----END CERTIFICATE REQUEST-----\n")


def test_a_request_that_somebody_else_signed_is_refused() -> None:
    mine, other = (requests.create(keys.generate(), NAMES) for _ in range(2))
    der = mine.public_bytes(serialization.Encoding.DER)
    forged = der.replace(mine.signature[-20:], other.signature[-20:])
    with pytest.raises(PkiError, match="isn't signed with its own key"):
        requests.from_pem(requests.to_pem(x509.load_der_x509_csr(forged)))


@pytest.mark.parametrize(("name", "trusted"), [("example.test", True), ("a.example.test", True), ("other.test", False)])
@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_openssl_accepts_the_chain_for_its_names_and_for_no_other(
    tmp_path: Path, algorithm: Algorithm, name: str, trusted: bool
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    validity = Validity(now - datetime.timedelta(hours=1), now + datetime.timedelta(hours=1))
    root_key, key = keys.generate(), keys.generate(algorithm)
    root = certificates.self_signed(
        requests.create(root_key, AltNames(), Subject("now")), root_key, validity, is_ca=True
    )
    leaf = certificates.signed_by(Authority(root, root_key), requests.create(key, NAMES), validity, ["server auth"])
    (tmp_path / "tls.pem").write_bytes(keys.to_pem(key) + certificates.to_pem(leaf))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "tls.pem")
    client = ssl.create_default_context(cadata=certificates.to_pem(root).decode())
    assert shakes_hands(client, server, name) is trusted


def shakes_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> bool:
    """Whether a TLS client that wants to talk to `name` accepts the server; all in memory."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for end in ends * 3:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return ends[0].version() is not None
