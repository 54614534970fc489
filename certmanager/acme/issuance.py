"""From an order to its certificate (RFC 8555 section 7.1.6), on from whatever state the order is in.

Each step asks what is there and does what is missing, so a new process can begin again at any point: all that must
not be lost is the account's key and, from finalize on, the certificate's key.
"""

import contextlib
import datetime
import logging
from collections.abc import Collection, Sequence
from dataclasses import replace

from cryptography import x509

from certmanager.acme import authorization, challenge, order, polling, problem
from certmanager.acme.authorization import Authorization
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Proof, Solver
from certmanager.acme.client import Client
from certmanager.acme.download import download
from certmanager.acme.errors import BadReplyError
from certmanager.acme.identifier import alt_names
from certmanager.acme.order import Order
from certmanager.acme.order_failure import failure, failure_of
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.pki import requests
from certmanager.pki.keys import PrivateKey

_POLICY = PollingPolicy()
_log = logging.getLogger(__name__)


async def issue(
    client: Client,
    begun: Order,
    key: PrivateKey,
    challenge_type: challenge.Type,
    solver: Solver,
    *,
    roots: Sequence[x509.Certificate] | None = None,
    preferred_chain: str | None = None,
    policy: PollingPolicy = _POLICY,
) -> Chain:
    """Take an order to its certificate for `key`; with `preferred_chain`, the one to the root of that name if any is.

    Raises:
        OrderFailedError: it failed, with the reasons.
        CertificateRefusedError: the CA sent something else.
        StillPendingError: the CA takes longer than `policy` allows; go on later with the same order.
        AcmeError: the CA doesn't comply, or can't be reached.
    """
    began, current = client.clock.now(), begun
    if current.status is order.Status.PENDING:
        await authorize(client, current, challenge_type, solver, policy, began)
        current = await _finalize(client, current, key)  # it is ready now; to ask first would be one request more
    if current.status is order.Status.PENDING:  # the CA hasn't noticed yet
        current = await _wait(client, current, {order.Status.PENDING}, policy, began)
    if current.status is order.Status.READY:
        current = await _finalize(client, current, key)
    current = await _wait(client, current, order.OPEN, policy, began)
    if current.status is order.Status.INVALID:
        raise await failure_of(client, current)
    order.must_be_for(current, begun.identifiers)
    return await download(client, current, key, roots, preferred_chain)


async def authorize(
    client: Client,
    pending: Order,
    challenge_type: challenge.Type,
    solver: Solver,
    policy: PollingPolicy,
    began: datetime.datetime | None = None,
) -> None:
    """Satisfy all authorizations of an order (section 7.5); what is presented for that is cleaned up in any case.

    The time of `policy` counts from `began`, by default from now.

    Raises:
        OrderFailedError: the CA found a proof wanting.
        StillPendingError: the CA takes longer than `policy` allows.
        AcmeError: the CA doesn't comply, or can't be reached.
    """
    if len(pending.authorizations) > order.MOST_AUTHORIZATIONS:
        raise BadReplyError(f"{pending.url} wants {len(pending.authorizations)} authorizations, which is too many")
    began = began or client.clock.now()
    presented: list[Proof] = []
    try:
        responded = [
            await _respond(client, pending, url, challenge_type, solver, presented) for url in pending.authorizations
        ]
        decided = [await _decision(client, opened, policy, began) for opened in responded]
    finally:
        await _clean_up(solver, presented)
    if not all(answer.status is authorization.Status.VALID for answer in decided):
        raise failure(pending, decided)


async def _clean_up(solver: Solver, presented: Sequence[Proof]) -> None:
    """Take all proofs back; where one stays that is said, and doesn't hide what the certificate came to."""
    for proof in presented:
        try:
            await solver.clean_up(proof)
        except Exception as error:  # whatever a solver raises
            _log.warning("The proof for %s couldn't be taken back: %s", proof.identifier, error)


async def _respond(
    client: Client,
    pending: Order,
    url: str,
    challenge_type: challenge.Type,
    solver: Solver,
    presented: list[Proof],
) -> Authorization:
    opened = await client.authorization(url)
    if opened.identifier not in pending.identifiers:
        raise BadReplyError(f"{url} authorizes {opened.identifier}, for which {pending.url} doesn't ask")
    if opened.status is not authorization.Status.PENDING:
        return opened
    offered = opened.challenge(challenge_type)
    proof = client.prove(offered, opened.identifier)
    await _present(solver, proof)
    presented.append(proof)
    if offered.status is not challenge.Status.PENDING:  # the CA is looking already
        return opened
    return replace(opened, retry_after=(await client.respond(offered)).retry_after)


async def _present(solver: Solver, proof: Proof) -> None:
    """Show a proof, or take back what has come of it; why it couldn't be shown is all that there is to be said then."""
    try:
        await solver.present(proof)
    except BaseException:
        with contextlib.suppress(Exception):
            await solver.clean_up(proof)
        raise


async def _decision(
    client: Client, opened: Authorization, policy: PollingPolicy, began: datetime.datetime
) -> Authorization:
    return await polling.until(
        lambda current: current.status is not authorization.Status.PENDING,
        opened,
        lambda: client.authorization(opened.url),
        client.clock,
        policy,
        began,
    )


async def _finalize(client: Client, ready: Order, key: PrivateKey) -> Order:
    try:
        return await client.finalize(ready, requests.create(key, alt_names(ready.identifiers)))
    except ProblemError as error:
        if error.problem.type != problem.ORDER_NOT_READY:
            raise
        return await client.order(ready.url)


async def _wait(
    client: Client,
    begun: Order,
    statuses: Collection[order.Status],
    policy: PollingPolicy,
    began: datetime.datetime,
) -> Order:
    """The order once it has none of `statuses` any more."""
    return await polling.until(
        lambda current: current.status not in statuses,
        begun,
        lambda: client.order(begun.url),
        client.clock,
        policy,
        began,
    )
