"""PKCS #12 keystores (RFC 7292): key and chain, or trusted CAs, in one file with a password. Java reads them too."""

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import KeySerializationEncryption, PrivateFormat, pkcs12
from cryptography.hazmat.primitives.serialization.pkcs12 import PBES, PKCS12Certificate

from certmanager.pki.keys import PrivateKey

MODERN_2023 = "Modern2023"
_LEGACY = PBES.PBESv1SHA1And3KeyTripleDESCBC, hashes.SHA1()  # noqa: S303 - what old readers can read
_MODERN = PBES.PBESv2SHA256AndAES256CBC, hashes.SHA256()


def keystore(
    key: PrivateKey,
    chain: Sequence[x509.Certificate],
    ca: Sequence[x509.Certificate],
    password: bytes,
    profile: str | None,
) -> bytes:
    """A keystore with the key, its certificate, and the certificates above it.

    `profile` is cert-manager's word for the encryption: Modern2023, else LegacyDES.
    """
    return pkcs12.serialize_key_and_certificates(None, key, chain[0], [*chain[1:], *ca], _encryption(password, profile))


def truststore(ca: Sequence[x509.Certificate], password: bytes, profile: str | None) -> bytes:
    """A keystore with CAs that are trusted, in the form that Java needs for that."""
    trusted = [PKCS12Certificate(certificate, None) for certificate in ca]
    return pkcs12.serialize_java_truststore(trusted, _encryption(password, profile))


def _encryption(password: bytes, profile: str | None) -> KeySerializationEncryption:
    algorithm, hash_ = _MODERN if profile == MODERN_2023 else _LEGACY
    builder = PrivateFormat.PKCS12.encryption_builder().kdf_rounds(2048).key_cert_algorithm(algorithm)
    return builder.hmac_hash(hash_).build(password)
