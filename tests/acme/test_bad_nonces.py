"""A CA that refuses good nonces now and then must cost requests, never a certificate (RFC 8555 section 6.5)."""

import pytest

from certmanager.acme.problem import ProblemError
from certmanager.acme.session import MOST_ATTEMPTS
from workshop import pebble

ISSUANCES = 200


@pytest.mark.parametrize("percentage", [0, 20, 50])
async def test_all_of_200_issuances_succeed_whatever_part_of_the_nonces_is_refused(
    percentage, apply_at, record_property
):
    with pebble.serve(pebble.Options(bad_nonces=percentage, authorization_reuse=0)) as ca:
        applicant = await apply_at(ca)
        before = len(applicant.wire)
        chains = [await applicant.issue(f"n{number}.example.test") for number in range(ISSUANCES)]
    sent = applicant.wire[before:]
    refused = [exchange for exchange in sent if exchange.status == 400]
    record_property("requests per issuance", len(sent) / ISSUANCES)
    print(f"\n{percentage} % bad nonces: {len(sent) / ISSUANCES:.2f} requests per issuance, {len(refused)} refused")
    assert len({chain.leaf.serial_number for chain in chains}) == ISSUANCES
    assert all(b"badNonce" in exchange.received for exchange in refused)
    assert bool(refused) == bool(percentage)


async def test_a_ca_that_refuses_every_nonce_is_given_up_on(bent, connected):
    refuse = {"type": "urn:ietf:params:acme:error:badNonce", "detail": "no"}
    bent.bend["account"] = lambda sent: sent.problem(400, **refuse)
    async with connected(bent) as client:
        with pytest.raises(ProblemError, match="badNonce: no"):
            await client.new_account(terms_agreed=True)
    assert bent.seen.count("account") == MOST_ATTEMPTS
    assert bent.seen.count("nonce") == 1  # every further one came with a refusal
