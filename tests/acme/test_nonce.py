"""A CA that refuses good nonces now and then must cost requests, never a certificate (RFC 8555 section 6.5)."""

import asyncio

import pytest

from certmanager.acme.challenge import Type
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.problem import ProblemError
from certmanager.acme.session import MOST_ATTEMPTS
from certmanager.pki import keys
from tests.acme.conftest import Applicant, Apply, Connect
from tests.acme.fake_ca import FakeCA
from workshop import pebble

ISSUANCES = 200


async def test_all_of_200_issuances_succeed_where_every_other_nonce_is_refused(apply_at: Apply) -> None:
    with pebble.serve(pebble.Options(bad_nonces=50, authorization_reuse=0)) as ca:
        applicant = await apply_at(ca)
        chains = [await applicant.issue(f"n{number}.example.test") for number in range(ISSUANCES)]
    refused = [exchange for exchange in applicant.wire if exchange.status == 400]
    assert len({chain.leaf.serial_number for chain in chains}) == ISSUANCES
    assert len(refused) > ISSUANCES
    assert all(b"badNonce" in exchange.received for exchange in refused)


async def test_a_ca_that_refuses_every_nonce_is_given_up_on(fake_ca: FakeCA, connect_to: Connect) -> None:
    refuse = {"type": "urn:ietf:params:acme:error:badNonce", "detail": "no"}
    fake_ca.alter["account"] = lambda reply: reply.problem(400, **refuse)
    async with connect_to(fake_ca) as client:
        with pytest.raises(ProblemError, match="badNonce: no"):
            await client.new_account(terms_agreed=True)
    assert fake_ca.requested.count("account") == MOST_ATTEMPTS
    assert fake_ca.requested.count("nonce") == 1  # every further one came with a refusal


async def test_sixteen_at_a_time_share_no_nonce(applicant: Applicant) -> None:
    """The orders first: Pebble 2.10.1 may hang when a newOrder meets what comes after another."""
    names = [[Identifier.of(f"p{number}.example.test")] for number in range(16)]
    orders = await asyncio.gather(*map(applicant.client.new_order, names))
    await asyncio.gather(
        *(issue(applicant.client, order, keys.generate(), Type.HTTP_01, applicant.http) for order in orders)
    )
    nonces = [exchange.message.protected["nonce"] for exchange in applicant.wire if exchange.message]
    assert len(nonces) == len(set(nonces))
    assert all(exchange.status < 300 for exchange in applicant.wire)
