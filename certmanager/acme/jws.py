"""How a request is signed: flattened JSON Web Signatures (RFC 8555 section 6.2, RFC 7515 section 7.2.2)."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from josepy import jwa
from josepy.b64 import b64encode
from josepy.jwk import JWKEC, JWKRSA

from certmanager.pki import keys
from certmanager.pki.errors import PkiError

Json = Mapping[str, object]

_EC_ALGORITHMS = {"secp256r1": jwa.ES256, "secp384r1": jwa.ES384, "secp521r1": jwa.ES512}  # RFC 7518 section 3.4

_SMALLEST_RSA = 2048  # RFC 7518 section 3.3


class AccountKey:
    """A private key that signs messages to a CA: usually an account's, a certificate's when that is revoked by it."""

    def __init__(self, private: keys.PrivateKey) -> None:
        """Take the key as it is.

        Raises:
            PkiError: it is neither RSA of 2048 bits nor ECDSA on a curve of RFC 7518; josepy signs with no other.
        """
        self._jwk: JWKRSA | JWKEC
        if isinstance(private, rsa.RSAPrivateKey):
            if private.key_size < _SMALLEST_RSA:
                raise PkiError(f"an RSA account key must have at least {_SMALLEST_RSA} bits, not {private.key_size}")
            self._jwk, self._algorithm = JWKRSA(key=private), jwa.RS256
        elif isinstance(private, ec.EllipticCurvePrivateKey):
            if private.curve.name not in _EC_ALGORITHMS:
                raise PkiError(
                    f"ACME has no signature by a key on the curve {private.curve.name}; P-256 is taken by all"
                )
            self._jwk, self._algorithm = JWKEC(key=private), _EC_ALGORITHMS[private.curve.name]
        else:
            raise PkiError("an account key must be RSA or ECDSA")
        self.public_jwk: Json = self._jwk.public_key().to_json()
        self.thumbprint: str = encode(self._jwk.thumbprint())  # RFC 7638

    @property
    def algorithm(self) -> str:
        """The name of the signature's algorithm in the protected header (RFC 7518 section 3.1)."""
        return self._algorithm.name

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`, in the form of RFC 7518."""
        return self._algorithm.sign(self._jwk.key, message)


@dataclass(frozen=True)
class Signer:
    """Who speaks: a key with the URL of its account, or, where that isn't known yet, the public key itself."""

    key: AccountKey
    account_url: str | None = None

    def identity(self) -> Json:
        """`kid` or `jwk` of the protected header: exactly one of them (section 6.2)."""
        return {"jwk": self.key.public_jwk} if self.account_url is None else {"kid": self.account_url}


def sign(signer: Signer, url: str, nonce: str, payload: Json | None) -> bytes:
    """The body of a POST to `url`; no payload at all makes it a POST-as-GET (section 6.3)."""
    protected = {"alg": signer.key.algorithm, **signer.identity(), "nonce": nonce, "url": url}
    return json.dumps(flattened(protected, payload, signer.key.sign)).encode()


def bind_external(key: AccountKey, key_id: str, mac_key: bytes, new_account_url: str) -> Json:
    """The inner JWS by which a CA's customer vouches for the account key (section 7.3.4), signed by HMAC."""
    protected = {"alg": "HS256", "kid": key_id, "url": new_account_url}
    return flattened(protected, key.public_jwk, lambda message: jwa.HS256.sign(mac_key, message))


def flattened(protected: Json, payload: Json | None, signature: Callable[[bytes], bytes]) -> Json:
    """The three members of a flattened JWS; the signature covers the first two."""
    head = encode(json.dumps(protected).encode())
    body = "" if payload is None else encode(json.dumps(payload).encode())
    return {"protected": head, "payload": body, "signature": encode(signature(f"{head}.{body}".encode()))}


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515 appendix C)."""
    return b64encode(data).decode()


def decode(text: str) -> bytes:
    """The reverse of `encode`, and of nothing else.

    Raises:
        ValueError: not base64url: padding, `+` or `/`, blanks, a length or a last letter that no bytes lead to.
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise ValueError(f"not base64url without padding: {error}") from error
    if encode(data) != text:
        raise ValueError("not base64url without padding")
    return data
