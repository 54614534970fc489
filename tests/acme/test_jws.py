"""How a message is signed: another implementation verifies it, and it says who speaks as section 6.2 wants it."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from josepy.jwk import JWK
from josepy.jws import JWS

from certmanager.acme import jws
from certmanager.acme.account import ExternalAccount
from certmanager.acme.errors import AcmeError
from certmanager.acme.exchange import decode_message
from certmanager.acme.jws import AccountKey, Signer
from certmanager.pki import keys
from certmanager.pki.errors import PkiError

URL = "https://ca.example/x"
MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64"
    "tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91Cb"
    "OpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)
PRIVATE_EXPONENT = (
    "X4cTteJY_gn4FYPsXB8rdXix5vwsg1FLN5E3EaG6RJoVH-HLLKD9M7dx5oo7GURknchnrRweUkC7hT5fJLM0WbFAKNLWY2vv7B6NqXSzUvxT0_YSfqijwp3"
    "RTzlBaCxWp4doFk5N2o8Gy_nHNKroADIkJ46pRUohsXywbReAdYaMwFs9tv8d_cPVY3i07a3t8MN6TNwm0dSawm9v47UiCl3Sk5ZiG7xojPLu4sbg1U2jx4I"
    "BTNBznbJSzFHK66jT8bgkuqsk0GjskDJk19Z4qwjwbsnn4j2WBii3RL-Us2lGVkY8fkFzme1z0HbIkfz0Y6mqnOYtqc0X4jfcKoAC8Q"
)


@pytest.mark.parametrize("algorithm", [("RSA", 2048), ("ECDSA", 256), ("ECDSA", 384), ("ECDSA", 521)], ids=str)
@pytest.mark.parametrize("payload", [None, {}, {"a": "ä"}])
def test_it_verifies_with_another_implementation(algorithm: tuple[str, int], payload: jws.Json | None) -> None:
    private = keys.generate(keys.Algorithm(algorithm[0]), algorithm[1])
    body = jws.sign(Signer(AccountKey(private)), URL, "nonce-1", payload)
    message = decode_message(json.loads(body))
    jwk = message.protected["jwk"]
    assert isinstance(jwk, dict)
    assert JWS.json_loads(body.decode()).verify(JWK.from_json(jwk))
    assert message.payload == payload
    assert (message.protected["url"], message.protected["nonce"]) == (URL, "nonce-1")


def test_a_known_account_is_named_by_its_url_and_an_unknown_one_by_its_key() -> None:
    key = AccountKey(keys.generate())
    assert Signer(key).identity() == {"jwk": key.public_jwk}
    assert Signer(key, URL).identity() == {"kid": URL}


def test_a_post_as_get_has_an_empty_payload_and_not_an_empty_object() -> None:
    body = json.loads(jws.sign(Signer(AccountKey(keys.generate()), URL), URL, "n", None))
    assert body["payload"] == ""


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    """The public key of RFC 7638 section 3.1; its private exponent stands in RFC 7517 appendix A.2."""
    n, e, d = (int.from_bytes(jws.decode(text)) for text in (MODULUS, "AQAB", PRIVATE_EXPONENT))
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    exponents = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    private = rsa.RSAPrivateNumbers(p, q, d, *exponents, rsa.RSAPublicNumbers(e, n)).private_key()
    assert AccountKey(private).thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_an_ed25519_account_key_is_refused_with_what_to_use() -> None:
    with pytest.raises(PkiError, match="must be RSA or ECDSA"):
        AccountKey(keys.generate(keys.Algorithm.ED25519))


@pytest.mark.parametrize(
    "text",
    ["QQ==", "QQ=", "=", "+w", "/w", "Q Q", " QQ", "QQ\n", "Q", "QQQQQ", "QR", "Q!Q", "ä", "QQ\0", "\udcff", "."],
)
def test_what_is_not_exactly_base64url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not base64url"):
        jws.decode(text)


@given(data=st.binary())
def test_base64url_is_read_back_and_has_no_padding(data: bytes) -> None:
    assert jws.decode(jws.encode(data)) == data
    assert not set(jws.encode(data)) & set("=+/")


@given(text=st.text() | st.text("AZaz09-_+/= "))
def test_only_what_would_be_written_is_read(text: str) -> None:
    try:
        data = jws.decode(text)
    except ValueError:
        return
    assert jws.encode(data) == text


@pytest.mark.parametrize(("text", "warned"), [("c2VjcmV0cw", False), ("c2VjcmV0cw==", True)])
def test_a_mac_key_with_padding_is_taken_with_a_warning(
    text: str, warned: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert ExternalAccount.of("kid", text) == ExternalAccount("kid", b"secrets")
    assert ("padding" in caplog.text) is warned
    assert "c2VjcmV0cw" not in caplog.text


@pytest.mark.parametrize("text", ["", "==", "a b", "+/+/", "Q"])
def test_a_mac_key_that_is_none_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(AcmeError, match="MAC key of the external account"):
        ExternalAccount.of("kid", text)


@pytest.mark.parametrize("curve", [ec.SECP256K1(), ec.SECP224R1(), ec.BrainpoolP256R1()], ids=lambda curve: curve.name)
def test_a_key_on_a_curve_that_acme_has_not_is_refused(curve: ec.EllipticCurve) -> None:
    with pytest.raises(PkiError, match=f"the curve {curve.name}"):
        jws.AccountKey(ec.generate_private_key(curve))
