"""What the issuers selfSigned and CA make of requests: what was asked for and granted, and it verifies."""

import datetime
import ipaddress
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certmanager.issuers import ca, selfsigned
from certmanager.issuers.ca import InvalidKeyPairError, SigningPair
from certmanager.issuers.response import IssueError, IssueResponse
from certmanager.pki import certificates, chains, keys, requests, usages
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.keys import PrivateKey
from certmanager.pki.names import AltNames, Subject
from certmanager.pki.templates import Grant, Urls

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
VALIDITY = Validity(NOW, NOW + DAY)
GRANT = Grant(VALIDITY)
KEY = keys.generate()
URL = "http://ca.example.test/"


def request(*dns_names: str, key: PrivateKey = KEY, subject: str = "", usages: tuple[str, ...] = ()) -> bytes:
    return requests.to_pem(requests.create(key, AltNames(frozenset(dns_names)), Subject(subject), usages))


def pair_of(*authorities: Authority, ca_crt: bool = False) -> SigningPair:
    """As a Secret holds it: the first is the one that signs."""
    chain = certificates.to_pem(*(authority.certificate for authority in authorities))
    data = {"tls.crt": chain, "tls.key": keys.to_pem(authorities[0].key)}
    if ca_crt:
        data |= {"tls.crt": certificates.to_pem(authorities[0].certificate), "ca.crt": chain}
    return SigningPair.of(data)


def authority(name: str, signer: Authority | None = None) -> Authority:
    key = keys.generate()
    wanted = requests.create(key, AltNames(), Subject(name))
    if signer is None:
        return Authority(certificates.self_signed(wanted, key, VALIDITY, is_ca=True), key)
    return Authority(certificates.signed_by(signer, wanted, VALIDITY, is_ca=True), key)


ROOT = authority("root")
MIDDLE = authority("middle", ROOT)
LOWER = authority("lower", MIDDLE)


def leaf(response: IssueResponse) -> x509.Certificate:
    return chains.from_pem(response.certificate)[0]


def names(response: IssueResponse) -> list[str]:
    """The common names of the chain, the leaf left out."""
    return [
        str(certificate.subject.rdns[0].get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
        for certificate in chains.from_pem(response.certificate)[1:]
    ]


class TestSelfSigned:
    def test_it_is_its_own_ca(self) -> None:
        response = selfsigned.issue(request("a.test"), KEY, GRANT, 7)
        assert response.ca == response.certificate
        certificate = leaf(response)
        certificate.verify_directly_issued_by(certificate)
        assert certificate.serial_number == 7
        assert certificate.not_valid_before_utc == VALIDITY.not_before
        assert certificate.not_valid_after_utc == VALIDITY.not_after

    def test_it_names_no_key_unless_it_is_for_a_ca(self) -> None:
        """As Go's crypto/x509 has it."""
        plain, of_ca = (
            leaf(selfsigned.issue(request("a.test"), KEY, Grant(VALIDITY, (), is_ca), 1)) for is_ca in (False, True)
        )
        assert _kinds(plain) == {x509.KeyUsage, x509.BasicConstraints, x509.SubjectAlternativeName}
        assert _kinds(of_ca) == _kinds(plain) | {x509.SubjectKeyIdentifier}
        assert certificates.may_sign(of_ca)

    def test_its_distribution_points_are_those_of_the_issuer(self) -> None:
        certificate = leaf(selfsigned.issue(request("a.test"), KEY, GRANT, 1, [URL]))
        assert _crl_urls(certificate) == [URL]

    def test_a_request_by_another_key_fails(self) -> None:
        with pytest.raises(IssueError, match="not signed by referenced private key") as failed:
            selfsigned.issue(request("a.test"), keys.generate(), GRANT, 1)
        assert failed.value.reason == "ErrorKeyMatch"

    def test_what_is_no_request_fails(self) -> None:
        with pytest.raises(IssueError, match="Error generating certificate template") as failed:
            selfsigned.issue(b"nonsense", KEY, GRANT, 1)
        assert failed.value.reason == "ErrorGenerating"


class TestCa:
    def test_the_chain_leaves_the_root_out_and_the_root_is_the_ca(self) -> None:
        response = ca.issue(request("a.test"), pair_of(LOWER, MIDDLE, ROOT), GRANT, 1)
        assert names(response) == ["lower", "middle"]
        assert chains.from_pem(response.ca) == (ROOT.certificate,)

    def test_under_a_root_the_chain_is_the_leaf(self) -> None:
        response = ca.issue(request("a.test"), pair_of(ROOT), GRANT, 1)
        assert names(response) == []
        assert chains.from_pem(response.ca) == (ROOT.certificate,)

    def test_without_a_root_the_top_of_the_chain_is_the_ca(self) -> None:
        response = ca.issue(request("a.test"), pair_of(LOWER, MIDDLE), GRANT, 1)
        assert names(response) == ["lower", "middle"]
        assert chains.from_pem(response.ca) == (MIDDLE.certificate,)

    def test_ca_crt_completes_the_chain(self) -> None:
        response = ca.issue(request("a.test"), pair_of(LOWER, MIDDLE, ROOT, ca_crt=True), GRANT, 1)
        assert names(response) == ["lower", "middle"]
        assert chains.from_pem(response.ca) == (ROOT.certificate,)

    def test_it_names_the_key_of_its_issuer(self) -> None:
        certificate = leaf(ca.issue(request("a.test"), pair_of(ROOT), GRANT, 1))
        own = ROOT.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        assert identifier.key_identifier == own.digest
        assert x509.SubjectKeyIdentifier not in _kinds(certificate)

    def test_its_urls_are_those_of_the_issuer(self) -> None:
        urls = Urls([URL + "crl"], [URL + "ocsp"], [URL + "ca"])
        certificate = leaf(ca.issue(request("a.test"), pair_of(ROOT), GRANT, 1, urls))
        assert _crl_urls(certificate) == [URL + "crl"]
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
        assert [(one.access_method, one.access_location.value) for one in access] == [
            (AuthorityInformationAccessOID.OCSP, URL + "ocsp"),
            (AuthorityInformationAccessOID.CA_ISSUERS, URL + "ca"),
        ]

    def test_certificates_that_are_no_chain_fail(self) -> None:
        with pytest.raises(IssueError, match="don't form one chain") as failed:
            ca.issue(request("a.test"), pair_of(LOWER, authority("stranger")), GRANT, 1)
        assert failed.value.reason == "SigningError"

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ({}, "no data for 'tls.crt'"),
            ({"tls.crt": certificates.to_pem(ROOT.certificate)}, "no data for 'tls.key'"),
            ({"tls.crt": b"x", "tls.key": keys.to_pem(ROOT.key)}, "not a chain of certificates"),
            ({"tls.crt": certificates.to_pem(ROOT.certificate), "tls.key": b"x"}, "not an unencrypted private key"),
            ({"tls.crt": certificates.to_pem(ROOT.certificate), "tls.key": keys.to_pem(KEY)}, "doesn't belong"),
        ],
    )
    def test_a_secret_without_a_pair_is_none(self, data: dict[str, bytes], message: str) -> None:
        with pytest.raises(InvalidKeyPairError, match=message):
            SigningPair.of(data)

    def test_whether_it_may_sign_says_its_certificate(self) -> None:
        plain = Authority(leaf(selfsigned.issue(request("a.test"), KEY, GRANT, 1)), KEY)
        assert (pair_of(ROOT).may_sign, pair_of(plain).may_sign) == (True, False)


class TestWhatIsAskedForAndWhatIsGranted:
    def test_names_keep_their_order_and_their_kinds(self) -> None:
        """A name of a kind that we don't know is taken over too: it isn't ours to drop it."""
        asked = x509.SubjectAlternativeName(
            [
                x509.DNSName("z.test"),
                x509.DNSName("a.test"),
                x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4")),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            ]
        )
        certificate = leaf(ca.issue(_with(asked), pair_of(ROOT), GRANT, 1))
        assert certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == asked

    def test_names_are_critical_where_there_is_no_subject(self) -> None:
        alone, beside = (
            leaf(ca.issue(request("a.test", subject=subject), pair_of(ROOT), GRANT, 1)) for subject in ("", "a")
        )
        assert alone.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
        assert not beside.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical

    def test_name_constraints_are_taken_over(self) -> None:
        asked = x509.NameConstraints([x509.DNSName("example.test")], None)
        certificate = leaf(ca.issue(_with(asked), pair_of(ROOT), Grant(VALIDITY, is_ca=True), 1))
        constraints = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        assert (constraints.value, constraints.critical) == (asked, True)

    def test_a_request_for_other_usages_than_the_granted_fails(self) -> None:
        with pytest.raises(IssueError, match="KeyUsages do not match"):
            ca.issue(request("a.test", usages=("cert sign",)), pair_of(ROOT), GRANT, 1)
        with pytest.raises(IssueError, match="ExtKeyUsages do not match"):
            ca.issue(request("a.test", usages=(*usages.DEFAULT, "server auth")), pair_of(ROOT), GRANT, 1)

    def test_a_request_for_a_ca_where_none_is_granted_fails(self) -> None:
        with pytest.raises(IssueError, match="IsCA true does not match expected value false"):
            ca.issue(_with(x509.BasicConstraints(ca=True, path_length=None)), pair_of(ROOT), GRANT, 1)

    @settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        dns_names=st.sets(st.from_regex(r"[a-z0-9]{1,10}\.test", fullmatch=True), min_size=1, max_size=5),
        granted=st.lists(st.sampled_from(["digital signature", "key encipherment", "server auth", "client auth"])),
        days=st.integers(1, 400),
        signers=st.sampled_from([(ROOT,), (MIDDLE, ROOT), (LOWER, MIDDLE, ROOT)]),
        serial=st.integers(1, 2**128 - 1),
        key=st.sampled_from(list(keys.Algorithm)).map(keys.generate),
    )
    def test_whatever_is_issued_satisfies_the_request_and_is_verified_by_openssl(
        self,
        dns_names: set[str],
        granted: list[str],
        days: int,
        signers: tuple[Authority, ...],
        serial: int,
        key: PrivateKey,
        tmp_path: Path,
    ) -> None:
        grant = Grant(Validity(NOW, NOW + days * DAY), granted)
        response = ca.issue(request(*dns_names, key=key), pair_of(*signers), grant, serial)
        certificate = leaf(response)
        assert AltNames.of(certificate).dns_names == dns_names
        assert certificate.serial_number == serial
        assert keys.same_public_key(certificate.public_key(), key.public_key())
        assert certificate.not_valid_after_utc == NOW + days * DAY
        expected = {
            type(extension): extension for extension, _ in usages.extensions(granted or usages.DEFAULT, is_ca=False)
        }
        assert {
            kind: certificate.extensions.get_extension_for_class(kind).value
            for kind in (x509.KeyUsage, x509.ExtendedKeyUsage)
            if kind in _kinds(certificate)
        } == expected
        chain, root = tmp_path / "chain.pem", tmp_path / "ca.pem"
        chain.write_bytes(response.certificate)
        root.write_bytes(response.ca)
        at = str(int((NOW + DAY / 2).timestamp()))
        subprocess.run(
            ["openssl", "verify", "-x509_strict", "-attime", at, "-CAfile", root, "-untrusted", chain, chain],
            check=True,
            capture_output=True,
        )


def _with(extension: x509.ExtensionType) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    built = x509.CertificateSigningRequestBuilder(x509.Name([])).add_extension(extension, critical=True)
    return requests.to_pem(built.sign(key, hashes.SHA256()))


def _kinds(certificate: x509.Certificate) -> set[type[x509.ExtensionType]]:
    return {type(extension.value) for extension in certificate.extensions}


def _crl_urls(certificate: x509.Certificate) -> list[str]:
    points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    return [str(name.value) for point in points for name in point.full_name or ()]
