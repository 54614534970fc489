"""Why an order is invalid, for people: the problem documents of the order and of its authorizations."""

from collections.abc import Sequence

from certmanager.acme import authorization, order
from certmanager.acme.authorization import Authorization
from certmanager.acme.client import Client
from certmanager.acme.errors import OrderFailedError
from certmanager.acme.order import Order
from certmanager.acme.problem import ProblemError


async def failure_of(client: Client, invalid: Order) -> OrderFailedError:
    """Why an order is invalid, its authorizations asked."""
    urls = invalid.authorizations[: order.MOST_AUTHORIZATIONS]
    return failure(invalid, [await client.authorization(url) for url in urls])


def failure(failed: Order, authorizations: Sequence[Authorization]) -> OrderFailedError:
    """Why an order is invalid: what the CA says of it, and of the authorizations that aren't valid."""
    lines = [f"the order {failed.url} failed"]
    if failed.error is not None:
        lines.append(str(ProblemError(failed.error)))
    for refused in (one for one in authorizations if one.status is not authorization.Status.VALID):
        lines.append(f"{refused.identifier}: the authorization {refused.url} is {refused.status}")
        lines += [f"{tried.type}: {ProblemError(tried.error)}" for tried in refused.challenges if tried.error]
    return OrderFailedError("\n".join(lines))
