"""An order from before that isn't over, where a CA lists them (RFC 8555 section 7.1.2.1)."""

from collections.abc import Collection

from certmanager.acme import order
from certmanager.acme.account import Account
from certmanager.acme.client import Client
from certmanager.acme.errors import BadReplyError
from certmanager.acme.identifier import Identifier
from certmanager.acme.order import Order
from certmanager.acme.problem import ProblemError

_MOST_LISTED = 100


async def find_open_order(client: Client, owner: Account, identifiers: Collection[Identifier]) -> Order | None:
    """An order for exactly these names that was begun before and isn't over, if the CA lists one.

    A list or an order in it that can't be read is left out: all that depends on it is whether a new order is made.
    """
    names, looked_at = frozenset(identifiers), 0
    try:
        async for url in client.orders(owner):
            looked_at += 1
            listed = await _listed(client, url)
            if listed and listed.identifiers == names and listed.status in order.OPEN:
                return listed
            if looked_at == _MOST_LISTED:
                break
    except (ProblemError, BadReplyError) as error:
        if error.retryable:
            raise
    return None


async def _listed(client: Client, url: str) -> Order | None:
    try:
        return await client.order(url)
    except (ProblemError, BadReplyError) as error:
        if error.retryable:
            raise
        return None
