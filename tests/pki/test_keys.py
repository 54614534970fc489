"""Private keys: what cert-manager makes of `spec.privateKey`, this makes too."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from certmanager.pki import keys
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import Algorithm, Encoding

KINDS = [
    (Algorithm.RSA, None, 2048),
    (Algorithm.RSA, 3072, 3072),
    (Algorithm.ECDSA, None, 256),
    (Algorithm.ECDSA, 384, 384),
    (Algorithm.ECDSA, 521, 521),
]


@pytest.mark.parametrize(("algorithm", "size", "bits"), KINDS)
def test_a_key_has_the_size_that_was_asked_or_cert_manager_s_default(
    algorithm: Algorithm, size: int | None, bits: int
) -> None:
    assert keys.generate(algorithm, size).key_size == bits  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("algorithm", "size", "says"),
    [
        (Algorithm.RSA, 1024, "2048 to 8192 bits, not 1024"),
        (Algorithm.RSA, 16384, "2048 to 8192 bits, not 16384"),
        (Algorithm.ECDSA, 255, "256, 384 or 521 bits, not 255"),
        (Algorithm.ECDSA, 0, "256, 384 or 521 bits, not 0"),
    ],
)
def test_a_size_that_cert_manager_has_not_is_refused(algorithm: Algorithm, size: int | None, says: str) -> None:
    with pytest.raises(PkiError, match=says):
        keys.generate(algorithm, size)


@pytest.mark.parametrize(
    ("algorithm", "encoding", "first_line"),
    [
        (Algorithm.RSA, Encoding.PKCS1, b"-----BEGIN RSA PRIVATE KEY-----"),
        (Algorithm.RSA, Encoding.PKCS8, b"-----BEGIN PRIVATE KEY-----"),
        (Algorithm.ECDSA, Encoding.PKCS1, b"-----BEGIN EC PRIVATE KEY-----"),
        (Algorithm.ECDSA, Encoding.PKCS8, b"-----BEGIN PRIVATE KEY-----"),
        (Algorithm.ED25519, Encoding.PKCS1, b"-----BEGIN PRIVATE KEY-----"),
        (Algorithm.ED25519, Encoding.PKCS8, b"-----BEGIN PRIVATE KEY-----"),
    ],
)
def test_a_key_comes_back_from_its_pem(algorithm: Algorithm, encoding: Encoding, first_line: bytes) -> None:
    key = keys.generate(algorithm)
    pem = keys.to_pem(key, encoding)
    assert pem.splitlines()[0] == first_line
    assert keys.same_public_key(keys.from_pem(pem).public_key(), key.public_key())


@pytest.mark.parametrize("one", list(Algorithm))
@pytest.mark.parametrize("other", list(Algorithm))
def test_no_two_keys_are_the_same(one: Algorithm, other: Algorithm) -> None:
    assert not keys.same_public_key(keys.generate(one).public_key(), keys.generate(other).public_key())


@given(st.binary(max_size=200))
def test_what_is_no_key_is_refused_and_not_quoted(pem: bytes) -> None:
    with pytest.raises(PkiError) as caught:
        keys.from_pem(pem)
    assert str(caught.value) == "not an unencrypted private key in PEM"
    assert caught.value.__cause__ is None


def test_a_key_of_another_algorithm_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import x25519

    with pytest.raises(PkiError, match="neither RSA, ECDSA nor Ed25519"):
        keys.from_pem(keys.to_pem(x25519.X25519PrivateKey.generate()))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", ["p", "q", "d"])
def test_an_rsa_key_whose_numbers_do_not_belong_together_is_none(number: str) -> None:
    key = rsa.generate_private_key(65537, 2048)
    der = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    own = getattr(key.private_numbers(), number).to_bytes(256 if number == "d" else 128)
    assert own in der
    wrong = base64.encodebytes(der.replace(own, own[:-1] + bytes([own[-1] ^ 2])))
    pem = b"-----BEGIN RSA PRIVATE KEY-----\n" + wrong + b"-----END RSA PRIVATE KEY-----\n"
    with pytest.raises(PkiError, match="don't belong together"):
        keys.from_pem(pem)
