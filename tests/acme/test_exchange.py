"""What is shown of an exchange: all that went over the wire, opened, and no secret."""

import json

from cryptography.hazmat.primitives.asymmetric import ec
from josepy.b64 import b64decode

from certmanager.acme import jws
from certmanager.acme.account import ExternalAccount
from certmanager.acme.client import connect
from certmanager.acme.exchange import Exchange
from certmanager.pki import keys
from tests.acme.conftest import Applicant
from workshop import pebble


async def test_what_is_watched_holds_no_secret() -> None:
    key, mac_key = keys.generate(), b"a very secret MAC key, 32 bytes."
    wire: list[Exchange] = []
    with pebble.serve(pebble.Options(external_accounts={"kid": mac_key})) as ca:
        async with connect(ca.directory_url, key, trust=ca.trust, on_exchange=wire.append) as client:
            await client.new_account(terms_agreed=True, external=ExternalAccount("kid", mac_key))
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    scalar = key.private_numbers().private_value
    secrets = [jws.encode(scalar.to_bytes(32)), str(scalar), f"{scalar:x}", mac_key.decode(), jws.encode(mac_key)]
    shown = "\n".join(map(str, wire))
    raw = b"".join((exchange.sent or b"") + exchange.received for exchange in wire).decode()
    decoded = json.dumps([vars(exchange.message) for exchange in wire if exchange.message], default=dict)
    assert '"externalAccountBinding": {"protected": {"alg": "HS256"' in shown
    assert not [secret for secret in secrets for text in (shown, raw, decoded) if secret in text]
    assert mac_key.decode() not in repr(ExternalAccount("kid", mac_key))


def test_what_a_ca_sends_paints_no_terminal() -> None:
    headers = (("Location", "https://ca.example/\x1b[2J"),)
    exchange = Exchange("GET", "https://ca.example/", None, 200, headers, b"<html>\n\x1b[2J\x07", 0.0)
    assert str(exchange).replace("\n", "").isprintable()
    assert str(exchange).splitlines()[2:4] == ["<   Location: https://ca.example/ [2J", "<   <html>"]


async def test_an_exchange_shows_its_message_opened(applicant: Applicant) -> None:
    await applicant.issue("shown.example.test")
    lines = "\n\n".join(map(str, applicant.wire)).splitlines()
    assert any(line.startswith('>   protected {"alg": "ES256", "kid": "https://127.0.0.1:') for line in lines)
    assert '>   payload   {"identifiers": [{"type": "dns", "value": "shown.example.test"}]}' in lines
    assert ">   payload   empty" in lines
    assert "<   -----BEGIN CERTIFICATE-----" in lines
    signatures = [line.split()[-1] for line in lines if line.startswith(">   signature ")]
    assert all(len(b64decode(signature)) == 64 for signature in signatures)
