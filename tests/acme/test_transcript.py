"""A transcript has a sentence for each exchange, and names the section where that is explained."""

import json
from collections.abc import Sequence

import pytest

from certmanager.acme.exchange import Exchange
from certmanager.acme.identifier import Identifier
from certmanager.acme.problem import ProblemError
from certmanager.acme.transcript import Transcript
from tests.acme.conftest import Applicant


def sentences(exchanges: Sequence[Exchange]) -> list[str]:
    written: list[str] = []
    transcript = Transcript(written.append)
    for exchange in exchanges:
        transcript(exchange)
    assert len(written) == len(exchanges)
    return written


def subjects(exchanges: Sequence[Exchange]) -> list[str]:
    """What the sentences are about, each once."""
    before_colon = [sentence.split(":")[0] for sentence in sentences(exchanges)]
    return list(dict.fromkeys(text.split(" for ")[0].split(" https")[0] for text in before_colon))


def test_a_nonce_that_is_refused_is_told_with_what_is_done_about_it() -> None:
    body = b'{"type": "urn:ietf:params:acme:error:badNonce", "detail": "stale"}'
    (sentence,) = sentences([Exchange("POST", "https://ca.example/x", None, 400, (), body, 0.0)])
    assert sentence == "Refused, badNonce: 'stale'; once more with the nonce that came with that (section 6.5)"


def test_what_strangers_send_paints_no_terminal() -> None:
    written: list[str] = []
    transcript = Transcript(written.append)
    order = {"finalize": "https://ca.example/", "status": "\x1b[2J", "identifiers": [{"value": "a\r\nb"}]}
    exchange = Exchange("GET", "https://ca.example/order", None, 200, (), json.dumps(order).encode(), 0.0)
    transcript(exchange)
    transcript.validation_request("/\x1b[2J")
    assert written == [
        "Order for a  b:  [2J (section 7.4)",
        "  The CA comes to look: GET / [2J (section 8.3)",
    ]


async def test_an_issuance_is_told_step_by_step_with_sections(applicant: Applicant) -> None:
    await applicant.issue("transcript.example.test")
    assert subjects(applicant.wire) == [
        *("Directory", "Nonce", "New account", "New order", "Authorization"),
        *("Challenge http-01", "Finalize", "Order", "Certificate"),
    ]
    assert all("(section " in sentence for sentence in sentences(applicant.wire))


async def test_what_an_account_does_beside_is_told_too(applicant: Applicant) -> None:
    chain = await applicant.issue("beside.example.test")
    await applicant.client.revoke(chain.leaf)
    listed = [url async for url in applicant.client.orders(await applicant.client.find_account())]
    order = await applicant.client.new_order([Identifier.of("*.beside.example.test")])
    await applicant.client.authorization(order.authorizations[0])
    with pytest.raises(ProblemError):
        await applicant.issue("blocked-domain.example")
    revoked, account, orders, _, authorization, refused = sentences(applicant.wire)[-6:]
    assert revoked == "Revoked (section 7.6)"
    assert account.startswith("Account https://")
    assert orders == f"Orders of the account: {len(listed)} on this page (section 7.1.2.1)"
    assert authorization.startswith("Authorization for *.beside.example.test: pending; challenges: dns-01 pending")
    assert refused.startswith("Refused, rejectedIdentifier: 'Order included")
