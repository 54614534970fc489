"""What an account has to show for a challenge (RFC 8555 section 8)."""

from certmanager.acme.challenge import Challenge, Proof, Status, prove
from certmanager.acme.identifier import Identifier
from certmanager.acme.jws import AccountKey
from certmanager.pki import keys

URL = "https://ca.example/x"


def test_a_proof_is_what_section_8_says() -> None:
    key = AccountKey(keys.generate())
    asked = Challenge(URL, "dns-01", Status.PENDING, "tok", None)
    proof = prove(asked, Identifier.of("*.example.test"), key)
    assert proof.key_authorization == f"tok.{key.thumbprint}"
    assert proof.http_path == "/.well-known/acme-challenge/tok"
    assert proof.dns_name == "_acme-challenge.example.test"


def test_the_dns_value_is_that_of_a_known_key_authorization() -> None:
    """Computed with: printf evaGxfADs6pSRb2LAv9IZ.x | openssl dgst -sha256 -binary | basenc --base64url"""
    proof = Proof(Identifier.of("a.test"), "evaGxfADs6pSRb2LAv9IZ", "evaGxfADs6pSRb2LAv9IZ.x")
    assert proof.dns_value == "3P8trN_8Krygd4STQQjFqpTM-j2lOuHpERukuR-mS2c"
