"""The whole way from names to a certificate (RFC 8555 section 7.1.6), on from whatever state the order is in.

Each step asks what is there and does what is missing, so a new process can begin again at any point: all that must
not be lost is the account's key and, from finalize on, the certificate's key.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

from cryptography import x509

from certmanager.acme import authorization, certificate, challenge, order, polling, problem
from certmanager.acme.account import Account
from certmanager.acme.authorization import Authorization
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Proof, Solver
from certmanager.acme.client import Client
from certmanager.acme.errors import BadReplyError, OrderFailedError
from certmanager.acme.identifier import Identifier, alt_names
from certmanager.acme.order import Order
from certmanager.acme.polling import Patience
from certmanager.acme.problem import ProblemError
from certmanager.pki import requests
from certmanager.pki.keys import PrivateKey

_PATIENCE = Patience()
_WAITING = {order.Status.PENDING, order.Status.READY, order.Status.PROCESSING}


async def find_open_order(client: Client, owner: Account, identifiers: Collection[Identifier]) -> Order | None:
    """An order for exactly these names that was begun before and isn't over, if the CA lists one."""
    wanted = frozenset(identifiers)
    async for url in client.orders(owner):
        found = await client.order(url)
        if found.identifiers == wanted and found.status in _WAITING:
            return found
    return None


async def issue(
    client: Client,
    begun: Order,
    key: PrivateKey,
    type_: challenge.Type,
    solver: Solver,
    *,
    roots: Sequence[x509.Certificate] | None = None,
    preferred_chain: str | None = None,
    patience: Patience = _PATIENCE,
) -> Chain:
    """Take an order to its certificate for `key`; with `preferred_chain`, the one to the root of that name if any is.

    OrderFailedError: it failed, with the reasons. CertificateRefusedError: the CA sent something else.
    StillPendingError: the CA takes longer than `patience`; go on later with the same order.
    """
    now = begun
    if now.status is order.Status.PENDING:
        await authorize(client, now, type_, solver, patience)
        now = await _finalize(client, now, key)  # it is ready now; to ask first would be one request more
    if now.status is order.Status.PENDING:  # the CA hasn't noticed yet
        now = await _wait(client, now, {order.Status.PENDING}, patience)
    if now.status is order.Status.READY:
        now = await _finalize(client, now, key)
    now = await _wait(client, now, _WAITING, patience)
    if now.status is order.Status.INVALID:
        raise await failure_of(client, now)
    order.must_be_for(now, begun.identifiers)
    return await _download(client, now, key, roots, preferred_chain)


async def authorize(client: Client, pending: Order, type_: challenge.Type, solver: Solver, patience: Patience) -> None:
    """Satisfy all authorizations of an order (section 7.5); what is presented for that is cleaned up in any case.

    OrderFailedError: the CA found a proof wanting.
    """
    presented: list[Proof] = []
    try:
        opened = [await _respond(client, pending, url, type_, solver, presented) for url in pending.authorizations]
        decided = [await _decide(client, each, patience) for each in opened]
    finally:
        for proof in presented:
            await solver.clean_up(proof)
    failed = [each for each in decided if each.status is not authorization.Status.VALID]
    if failed:
        raise failure(pending, failed)


async def failure_of(client: Client, invalid: Order) -> OrderFailedError:
    """Why an order is invalid, its authorizations asked."""
    seen = [await client.authorization(url) for url in invalid.authorizations]
    return failure(invalid, [each for each in seen if each.status is not authorization.Status.VALID])


def failure(failed: Order, authorizations: Sequence[Authorization]) -> OrderFailedError:
    """Why an order is invalid: what the CA says of it, and of the authorizations that aren't valid."""
    lines = [f"the order {failed.url} failed"]
    if failed.error is not None:
        lines.append(str(ProblemError(failed.error)))
    for each in authorizations:
        lines.append(f"{each.identifier}: the authorization {each.url} is {each.status}")
        lines += [f"{one.type}: {ProblemError(one.error)}" for one in each.challenges if one.error is not None]
    return OrderFailedError("\n".join(lines))


async def _respond(
    client: Client, pending: Order, url: str, type_: challenge.Type, solver: Solver, presented: list[Proof]
) -> Authorization:
    opened = await client.authorization(url)
    if opened.identifier not in pending.identifiers:
        raise BadReplyError(f"{url} authorizes {opened.identifier}, for which {pending.url} doesn't ask")
    if opened.status is not authorization.Status.PENDING:
        return opened
    asked = opened.challenge(type_)
    proof = client.prove(asked, opened.identifier)
    presented.append(proof)
    await solver.present(proof)
    if asked.status is not challenge.Status.PENDING:  # the CA is looking already
        return opened
    return replace(opened, retry_after=(await client.respond(asked)).retry_after)


async def _decide(client: Client, opened: Authorization, patience: Patience) -> Authorization:
    return await polling.until(
        lambda now: now.status is not authorization.Status.PENDING,
        opened,
        lambda: client.authorization(opened.url),
        client.clock,
        patience,
    )


async def _finalize(client: Client, ready: Order, key: PrivateKey) -> Order:
    try:
        return await client.finalize(ready, requests.create(key, alt_names(ready.identifiers)))
    except ProblemError as error:
        if error.problem.type != problem.ORDER_NOT_READY:
            raise
        return await client.order(ready.url)


async def _wait(client: Client, seen: Order, leaving: Collection[order.Status], patience: Patience) -> Order:
    return await polling.until(
        lambda now: now.status not in leaving, seen, lambda: client.order(seen.url), client.clock, patience
    )


async def _download(
    client: Client,
    valid: Order,
    key: PrivateKey,
    roots: Sequence[x509.Certificate] | None,
    preferred_chain: str | None,
) -> Chain:
    assert valid.certificate is not None  # order.parse gives no valid order without
    chain = await client.certificate(valid.certificate)
    if preferred_chain is not None and chain.top != preferred_chain:
        others = [await client.certificate(url) for url in chain.alternates]
        chain = next((each for each in others if each.top == preferred_chain), chain)
    certificate.must_be_for(chain, key.public_key(), valid.identifiers, client.clock.now(), roots)
    return chain
