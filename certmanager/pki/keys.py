"""Private keys: make, write and read them (cert-manager: `spec.privateKey` of a Certificate)."""

from enum import StrEnum
from typing import assert_never

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from certmanager.pki.errors import PkiError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

_CURVES: dict[int, ec.EllipticCurve] = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
_CURVE_NAMES = {curve.name for curve in _CURVES.values()}
_RSA_SIZES = range(2048, 8193)


class Algorithm(StrEnum):
    """The key algorithms of cert-manager, by its names."""

    RSA = "RSA"
    ECDSA = "ECDSA"
    ED25519 = "Ed25519"


class Encoding(StrEnum):
    """How a key is written inside its PEM block, by cert-manager's names."""

    PKCS1 = "PKCS1"
    PKCS8 = "PKCS8"


def generate(algorithm: Algorithm = Algorithm.ECDSA, size: int | None = None) -> PrivateKey:
    """A new key; `size` in bits, by default 2048 for RSA and 256 for ECDSA, without meaning for Ed25519.

    Raises:
        PkiError: cert-manager knows no such size.
    """
    match algorithm:
        case Algorithm.RSA:
            return _generate_rsa(2048 if size is None else size)
        case Algorithm.ECDSA:
            return _generate_ecdsa(256 if size is None else size)
        case Algorithm.ED25519:
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            assert_never(algorithm)


def to_pem(key: PrivateKey, encoding: Encoding = Encoding.PKCS8) -> bytes:
    """The key as PEM, unencrypted. PKCS1 gives an ECDSA key its SEC 1 form; Ed25519 has PKCS8 only."""
    if encoding is Encoding.PKCS1 and not isinstance(key, ed25519.Ed25519PrivateKey):
        form = serialization.PrivateFormat.TraditionalOpenSSL
    else:
        form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def from_pem(pem: bytes) -> PrivateKey:
    """Read an unencrypted private key.

    Raises:
        PkiError: it is none, or of an algorithm that cert-manager has not.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PkiError("not an unencrypted private key in PEM") from None  # the cause could quote the key
    if not isinstance(key, PrivateKey):
        raise PkiError("a private key that is neither RSA, ECDSA nor Ed25519")
    if isinstance(key, rsa.RSAPrivateKey) and not _is_consistent(key.private_numbers()):
        raise PkiError("a private RSA key whose numbers don't belong together")
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in _CURVE_NAMES:
        raise PkiError(f"a private key on the curve {key.curve.name}; CAs take P-256, P-384 and P-521")
    return key


def same_public_key(one: object, other: object) -> bool:
    """Whether two public keys, of certificates, requests or private keys, are the same key."""
    return isinstance(one, PublicKey) and isinstance(other, PublicKey) and _spki(one) == _spki(other)


def signature_hash(key: PrivateKey) -> hashes.HashAlgorithm | None:
    """The hash to sign with: none for Ed25519, as strong as the curve for ECDSA, SHA-256 for RSA."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size > 256:
        return hashes.SHA384() if key.curve.key_size == 384 else hashes.SHA512()
    return hashes.SHA256()


def _is_consistent(numbers: rsa.RSAPrivateNumbers) -> bool:
    """As Go's `rsa.PrivateKey.Validate`. Whether p and q are prime, too, takes OpenSSL 50 ms and more."""
    p, q, product = numbers.p, numbers.q, numbers.d * numbers.public_numbers.e
    return min(p, q) > 1 and p * q == numbers.public_numbers.n and product % (p - 1) == 1 == product % (q - 1)


def _generate_rsa(bits: int) -> rsa.RSAPrivateKey:
    if bits not in _RSA_SIZES:
        raise PkiError(f"an RSA key has 2048 to 8192 bits, not {bits}")
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _generate_ecdsa(bits: int) -> ec.EllipticCurvePrivateKey:
    if bits not in _CURVES:
        raise PkiError(f"an ECDSA key has 256, 384 or 521 bits, not {bits}")
    return ec.generate_private_key(_CURVES[bits])


def _spki(key: PublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
