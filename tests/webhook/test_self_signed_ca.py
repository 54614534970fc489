import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from icecream_operator.webhook import self_signed_ca
from icecream_operator.webhook.self_signed_ca import LIFETIME, NAMES, Authority, authority, server_certificate

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def key() -> EllipticCurvePrivateKey:
    return generate_private_key(SECP256R1())


@pytest.fixture(scope="module")
def ca() -> Authority:
    return authority(generate_private_key(SECP256R1()), NOW)


@pytest.fixture(scope="module")
def certificate(ca: Authority, key: EllipticCurvePrivateKey) -> x509.Certificate:
    return server_certificate(ca, key, NOW)


def verify(certificate: x509.Certificate, ca: x509.Certificate, name: str, at: datetime = NOW) -> None:
    """As a client does that is strict about RFC 5280."""
    verifier = PolicyBuilder().store(Store([ca])).time(at).build_server_verifier(x509.DNSName(name))
    verifier.verify(certificate, [])


@pytest.mark.parametrize("name", NAMES)
def test_a_client_that_trusts_the_ca_accepts_the_certificate_for_the_services_names(
    ca: Authority, certificate: x509.Certificate, name: str
) -> None:
    verify(certificate, ca.certificate, name)


def test_it_counts_for_no_other_name(ca: Authority, certificate: x509.Certificate) -> None:
    with pytest.raises(VerificationError):
        verify(certificate, ca.certificate, "demooperator-webhook-service")


def test_another_ca_of_the_same_name_did_not_sign_it(certificate: x509.Certificate) -> None:
    other = authority(generate_private_key(SECP256R1()), NOW)
    with pytest.raises(VerificationError):
        verify(certificate, other.certificate, NAMES[0])


def test_it_counts_from_now_on_also_where_the_clock_is_a_little_behind_and_for_its_lifetime(
    ca: Authority, certificate: x509.Certificate
) -> None:
    verify(certificate, ca.certificate, NAMES[0], NOW - timedelta(minutes=4))
    verify(certificate, ca.certificate, NAMES[0], NOW + LIFETIME - timedelta(seconds=1))
    for at in (NOW - timedelta(minutes=6), NOW + LIFETIME + timedelta(seconds=1)):
        with pytest.raises(VerificationError):
            verify(certificate, ca.certificate, NAMES[0], at)


def test_the_ca_may_sign_servers_and_nothing_else(ca: Authority) -> None:
    extensions = ca.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value) == (True, x509.BasicConstraints(ca=True, path_length=0))
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.key_cert_sign
    assert usage.value.crl_sign
    assert not usage.value.digital_signature


def test_the_certificate_is_a_servers_and_can_sign_no_others(ca: Authority, certificate: x509.Certificate) -> None:
    extensions = certificate.extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value) == (True, x509.BasicConstraints(ca=False, path_length=None))
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert not usage.value.key_cert_sign
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    authority_key = extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own_key = ca.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert authority_key.key_identifier == own_key.digest
    assert extensions.get_extension_for_class(x509.SubjectKeyIdentifier)


def test_two_certificates_of_a_ca_have_different_serial_numbers(ca: Authority, key: EllipticCurvePrivateKey) -> None:
    assert len({server_certificate(ca, key, NOW).serial_number for _ in range(3)}) == 3


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "icecream_operator.webhook.self_signed_ca", "--out", str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_the_command_writes_what_openssl_verifies(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert run(folder).stdout == f"Wrote ca.crt, tls.crt and tls.key to {folder}\n"
    assert {file.name for file in folder.iterdir()} == {"ca.crt", "tls.crt", "tls.key"}
    for name in NAMES:
        argv = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", name]
        subprocess.run([*argv, "-CAfile", folder / "ca.crt", folder / "tls.crt"], check=True, capture_output=True)
    certificate = x509.load_pem_x509_certificate((folder / "tls.crt").read_bytes())
    key = load_pem_private_key((folder / "tls.key").read_bytes(), None)
    assert key.public_key() == certificate.public_key()


def test_only_its_owner_may_read_the_key_also_where_one_was_that_all_could_read(tmp_path: Path) -> None:
    (tmp_path / "tls.key").touch(mode=0o644)
    assert run(tmp_path).returncode == 0
    assert stat.S_IMODE((tmp_path / "tls.key").stat().st_mode) == 0o600


def test_whoever_has_a_file_open_goes_on_reading_the_old_one(
    tmp_path: Path, ca: Authority, certificate: x509.Certificate, key: EllipticCurvePrivateKey
) -> None:
    self_signed_ca.write(tmp_path, ca.certificate, certificate, key)
    with (tmp_path / "tls.crt").open("rb") as file:
        self_signed_ca.write(tmp_path, ca.certificate, server_certificate(ca, key, NOW), key)
        assert file.read() == certificate.public_bytes(Encoding.PEM)
    assert (tmp_path / "tls.crt").read_bytes() != certificate.public_bytes(Encoding.PEM)


def test_a_folder_that_cannot_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run(tmp_path / "file")
    assert result.returncode == 1
    assert result.stderr == f"self_signed_ca: {tmp_path / 'file'} can't be written: File exists\n"
