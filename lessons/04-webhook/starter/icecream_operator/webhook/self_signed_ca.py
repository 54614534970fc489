"""A CA of one's own and a certificate from it, by hand: what cert-manager will do in the next lesson.

Usage: python -m icecream_operator.webhook.self_signed_ca --out FOLDER. It writes `ca.crt`, which goes into the webhook
configuration's caBundle, and `tls.crt` and `tls.key`, which the operator serves. The CA's key is forgotten, so nobody
can sign with it any more: next time there will be another CA, and another caBundle.

The profile is RFC 5280's, and Go's crypto/x509, which the API server verifies with, looks at it: who signs must be
allowed to (basicConstraints, keyUsage keyCertSign), and the name stands in subjectAltName, not in the common name.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVICE = "demooperator-webhook-service.demooperator-system.svc"
NAMES = (SERVICE, f"{SERVICE}.cluster.local")
LIFETIME = timedelta(days=90)
CLOCK_SKEW = timedelta(minutes=5)  # the API server's clock may be behind ours


class Authority(NamedTuple):
    """A CA: its certificate, and the key with which it signs."""

    certificate: x509.Certificate
    key: EllipticCurvePrivateKey


def authority(key: EllipticCurvePrivateKey, now: datetime, lifetime: timedelta = LIFETIME) -> Authority:
    """Return a CA whose certificate is signed with its own key, as every root's is."""
    # `_builder` begins both certificates: serial number, validity and key. What is missing: who it is, who says so,
    # what it may do, and the signature.
    raise NotImplementedError("exercise 3: a certificate that may sign others")


def server_certificate(
    ca: Authority,
    key: EllipticCurvePrivateKey,
    now: datetime,
    names: Sequence[str] = NAMES,
    lifetime: timedelta = LIFETIME,
) -> x509.Certificate:
    """Return a certificate of `ca` for the server that has `key` and is called by these DNS names."""
    # Who it is, who says so, what it may do, by which names it is called, and the signature.
    raise NotImplementedError("exercise 3: a certificate for a server")


def write(folder: Path, ca: x509.Certificate, certificate: x509.Certificate, key: EllipticCurvePrivateKey) -> None:
    """Write ca.crt, tls.key and tls.crt there, each whole or not at all, and the key for its owner alone.

    Raises:
        OSError: they can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "ca.crt", ca.public_bytes(Encoding.PEM), 0o644)
    _replace(folder / "tls.key", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    _replace(folder / "tls.crt", certificate.public_bytes(Encoding.PEM), 0o644)


def main() -> int:
    """Make them, write them, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m icecream_operator.webhook.self_signed_ca",
        description=f"Makes a CA and a certificate for {' and '.join(NAMES)}.",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="for ca.crt, tls.crt and tls.key")
    folder = parser.parse_args().out
    now, key = datetime.now(UTC), generate_private_key(SECP256R1())
    ca = authority(generate_private_key(SECP256R1()), now)
    try:
        write(folder, ca.certificate, server_certificate(ca, key, now), key)
    except OSError as error:
        print(f"self_signed_ca: {error.filename} can't be written: {error.strerror}", file=sys.stderr)
        return 1
    print(f"Wrote ca.crt, tls.crt and tls.key to {folder}")
    return 0


def _builder(key: EllipticCurvePrivateKey, now: datetime, lifetime: timedelta) -> x509.CertificateBuilder:
    """What both certificates begin with."""
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + lifetime)
        .public_key(key.public_key())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(
    *, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _replace(path: Path, content: bytes, mode: int) -> None:
    """Write a new file and rename it: who reads sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


if __name__ == "__main__":
    sys.exit(main())
