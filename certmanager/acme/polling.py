"""Waiting for a resource to change: as long as the CA says, else a little longer each time (RFC 8555 section 7.5.1)."""

import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar

from certmanager.acme.clock import Clock
from certmanager.acme.errors import StillPendingError

_LONGEST = datetime.timedelta(days=365)


class Resource(Protocol):
    """What can be waited for: an order or an authorization."""

    @property
    def url(self) -> str: ...  # noqa: D102

    @property
    def status(self) -> str: ...  # noqa: D102

    @property
    def retry_after(self) -> datetime.timedelta | None: ...  # noqa: D102


R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class Patience:
    """How to wait where the CA doesn't say: `first` seconds, then `factor` times as long, at most `longest`.

    `total` bounds the whole of it, Retry-After included. With less patience at first, more looks come too early.
    """

    first: float = 0.003
    factor: float = 2.0
    longest: float = 5.0
    total: float = 120.0


async def until(
    done: Callable[[R], bool], seen: R, fetch: Callable[[], Awaitable[R]], clock: Clock, patience: Patience
) -> R:
    """`seen`, or what `fetch` brings later, once it is `done`. StillPendingError: it isn't, and time is up."""
    deadline = clock.now() + datetime.timedelta(seconds=patience.total)
    pause = patience.first
    while not done(seen):
        wait = pause if seen.retry_after is None else seen.retry_after.total_seconds()
        if clock.now() + datetime.timedelta(seconds=wait) > deadline:
            raise _still(seen, patience)
        await clock.sleep(wait)
        pause = min(pause * patience.factor, patience.longest)
        seen = await fetch()
    return seen


def retry_after(header: str | None, now: datetime.datetime) -> datetime.timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110 section 10.2.3); none if it is neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(datetime.timedelta(seconds=int(text[:9])), _LONGEST)
    try:
        moment = parsedate_to_datetime(text)
        return min(max(moment - now, datetime.timedelta()), _LONGEST)
    except (ValueError, TypeError, OverflowError):
        return None


def _still(seen: Resource, patience: Patience) -> StillPendingError:
    error = StillPendingError(f"{seen.url} is still {seen.status} after {patience.total:g} s; ask again later")
    error.retry_after = seen.retry_after
    return error
