"""The rules that need no CA: how a message is signed and shown, how long to wait, what a story says."""

import asyncio
import datetime
import json
from dataclasses import dataclass

import josepy
import pytest
from josepy.b64 import b64decode

from certmanager.acme import jws, polling, problem, story
from certmanager.acme.account import ExternalAccount
from certmanager.acme.challenge import Challenge, Proof, Status, Type, prove
from certmanager.acme.client import connect
from certmanager.acme.errors import StillPendingError
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.jws import AccountKey, Signer
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.exchange import Exchange, decode_message
from certmanager.pki import keys
from certmanager.pki.errors import PkiError
from workshop import pebble

PATIENCE = PollingPolicy()
URL = "https://ca.example/x"


class TestSignature:
    @pytest.mark.parametrize("algorithm", [("RSA", 2048), ("ECDSA", 256), ("ECDSA", 384), ("ECDSA", 521)], ids=str)
    @pytest.mark.parametrize("payload", [None, {}, {"a": "ä"}])
    def test_it_verifies_with_another_implementation(self, algorithm, payload):
        private = keys.generate(keys.Algorithm(algorithm[0]), algorithm[1])
        body = jws.sign(Signer(AccountKey(private)), URL, "nonce-1", payload)
        message = decode_message(json.loads(body))
        assert josepy.JWS.json_loads(body.decode()).verify(josepy.JWK.from_json(dict(message.protected["jwk"])))
        assert message.payload == payload
        assert (message.protected["url"], message.protected["nonce"]) == (URL, "nonce-1")

    def test_a_known_account_is_named_by_its_url_and_an_unknown_one_by_its_key(self):
        key = AccountKey(keys.generate())
        assert Signer(key).identity() == {"jwk": key.public_jwk}
        assert Signer(key, URL).identity() == {"kid": URL}

    def test_a_post_as_get_has_an_empty_payload_and_not_an_empty_object(self):
        body = json.loads(jws.sign(Signer(AccountKey(keys.generate()), URL), URL, "n", None))
        assert body["payload"] == ""

    def test_the_thumbprint_is_that_of_rfc_7638(self):
        numbers = josepy.JWKRSA.fields_from_json(
            {
                "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJE"
                "CPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2Q"
                "vzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6"
                "WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
                "e": "AQAB",
            }
        )
        assert jws.encode(numbers.thumbprint()) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

    def test_an_ed25519_account_key_is_refused_with_what_to_use(self):
        with pytest.raises(PkiError, match="must be RSA or ECDSA"):
            AccountKey(keys.generate(keys.Algorithm.ED25519))


def test_a_proof_is_what_section_8_says():
    key = AccountKey(keys.generate())
    asked = Challenge(URL, "dns-01", Status.PENDING, "tok", None)
    proof = prove(asked, Identifier.of("*.example.test"), key)
    assert proof.key_authorization == f"tok.{key.thumbprint}"
    assert proof.http_path == "/.well-known/acme-challenge/tok"
    assert proof.dns_name == "_acme-challenge.example.test"


def test_the_dns_value_is_that_of_a_known_key_authorization():
    """Computed with: printf evaGxfADs6pSRb2LAv9IZ.x | openssl dgst -sha256 -binary | basenc --base64url"""
    proof = Proof(Identifier.of("a.test"), "evaGxfADs6pSRb2LAv9IZ", "evaGxfADs6pSRb2LAv9IZ.x")
    assert proof.dns_value == "3P8trN_8Krygd4STQQjFqpTM-j2lOuHpERukuR-mS2c"


@dataclass(frozen=True)
class Thing:
    status: str
    retry_after: datetime.timedelta | None = None
    url: str = URL


class TestWaiting:
    async def wait(self, clock, things, patience=PATIENCE):
        rest = iter(things[1:])

        async def fetch():
            return next(rest)

        return await polling.until(lambda thing: thing.status == "valid", things[0], fetch, clock, patience)

    async def test_what_is_done_is_not_waited_for(self, clock):
        await self.wait(clock, [Thing("valid")])
        assert clock.slept == []

    async def test_the_ca_s_word_on_the_wait_is_kept_each_time(self, clock):
        seconds = [datetime.timedelta(seconds=3), datetime.timedelta(), datetime.timedelta(seconds=60)]
        await self.wait(clock, [*(Thing("pending", each) for each in seconds), Thing("valid")])
        assert clock.slept == [3, 0, 60]

    async def test_without_a_word_the_waits_grow_up_to_the_longest(self, clock):
        patience = PollingPolicy(first=1, factor=2, longest=5, total=100)
        await self.wait(clock, [Thing("pending")] * 5 + [Thing("valid")], patience)
        assert clock.slept == [1, 2, 4, 5, 5]

    async def test_a_wait_beyond_the_end_is_not_begun_and_said_when_to_come_back(self, clock):
        day = datetime.timedelta(days=1)
        with pytest.raises(StillPendingError, match=r"https://ca\.example/x is still pending") as caught:
            await self.wait(clock, [Thing("pending", day)])
        assert (clock.slept, caught.value.retry_after) == ([], day)


@pytest.mark.parametrize("type_", sorted(problem.KINDS))
def test_every_type_of_problem_names_its_section_and_what_to_do(type_):
    error = problem.ProblemError(problem.Problem(type_, "what the CA said"))
    assert "what the CA said" in str(error)
    assert error.problem.kind.section.startswith(("RFC ", "draft-"))
    assert error.problem.kind.advice.endswith(".")


def test_every_type_of_rfc_8555_is_known():
    assert {
        *("accountDoesNotExist", "alreadyRevoked", "badCSR", "badNonce", "badPublicKey", "badRevocationReason"),
        *("badSignatureAlgorithm", "caa", "compound", "connection", "dns", "externalAccountRequired"),
        *("incorrectResponse", "invalidContact", "malformed", "orderNotReady", "rateLimited", "rejectedIdentifier"),
        *("serverInternal", "tls", "unauthorized", "unsupportedContact", "unsupportedIdentifier", "userActionRequired"),
    } <= problem.KINDS.keys()


async def test_what_is_watched_holds_no_secret():
    key, mac_key = keys.generate(), b"a very secret MAC key, 32 bytes."
    wire: list[Exchange] = []
    with pebble.serve(pebble.Options(external_accounts={"kid": mac_key})) as ca:
        async with connect(ca.directory_url, key, trust=ca.trust, on_exchange=wire.append) as client:
            await client.new_account(terms_agreed=True, external=ExternalAccount("kid", mac_key))
    scalar = key.private_numbers().private_value
    secrets = [jws.encode(scalar.to_bytes(32)), str(scalar), f"{scalar:x}", mac_key.decode(), jws.encode(mac_key)]
    shown = "\n".join(map(str, wire))
    raw = b"".join((exchange.sent or b"") + exchange.received for exchange in wire).decode()
    decoded = json.dumps([vars(exchange.message) for exchange in wire if exchange.message], default=dict)
    assert '"externalAccountBinding": {"protected": {"alg": "HS256"' in shown
    assert not [secret for secret in secrets for text in (shown, raw, decoded) if secret in text]
    assert mac_key.decode() not in repr(ExternalAccount("kid", mac_key))


async def test_an_exchange_shows_its_message_opened(applicant):
    await applicant.issue("shown.example.test")
    lines = "\n\n".join(map(str, applicant.wire)).splitlines()
    assert any(line.startswith('>   protected {"alg": "ES256", "kid": "https://127.0.0.1:') for line in lines)
    assert '>   payload   {"identifiers": [{"type": "dns", "value": "shown.example.test"}]}' in lines
    assert ">   payload   empty" in lines
    assert "<   -----BEGIN CERTIFICATE-----" in lines
    signatures = [line.split()[-1] for line in lines if line.startswith(">   signature ")]
    assert all(len(b64decode(signature)) == 64 for signature in signatures)


async def test_the_story_names_each_step_and_its_section(applicant):
    told: list[str] = []
    teller = story.Transcript(told.append)
    for exchange in applicant.wire:
        teller(exchange)
    await applicant.issue("told.example.test")
    for exchange in applicant.wire[len(told) :]:
        teller(exchange)
    kinds = [line.split(":")[0].split(" for ")[0] for line in told]
    assert list(dict.fromkeys(kind.split(" https")[0] for kind in kinds)) == [
        *("Directory", "Nonce", "New account", "New order", "Authorization"),
        *("Challenge http-01", "Finalize", "Order", "Certificate"),
    ]
    assert all("(section " in line for line in told)


async def test_sixteen_at_a_time_share_no_nonce(applicant):
    """The orders first: Pebble 2.10.1 may hang when a newOrder meets what comes after another."""
    names = [[Identifier.of(f"p{number}.example.test")] for number in range(16)]
    orders = await asyncio.gather(*map(applicant.client.new_order, names))
    await asyncio.gather(
        *(issue(applicant.client, order, keys.generate(), Type.HTTP_01, applicant.http) for order in orders)
    )
    nonces = [exchange.message.protected["nonce"] for exchange in applicant.wire if exchange.message]
    assert len(nonces) == len(set(nonces))
    assert all(exchange.status < 300 for exchange in applicant.wire)
