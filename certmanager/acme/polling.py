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
    def url(self) -> str:
        """Where it is read again (POST-as-GET, RFC 8555 6.3)."""

    @property
    def status(self) -> str:
        """One of its states (RFC 8555 7.1.6)."""

    @property
    def retry_after(self) -> datetime.timedelta | None:
        """How long the server asks to wait before it is read again, if it does (RFC 8555 7.5.1)."""


R = TypeVar("R", bound=Resource)


@dataclass(frozen=True)
class PollingPolicy:
    """How to wait where the CA doesn't say: `initial` seconds, then `factor` times as long, at most `cap`.

    `timeout` bounds the whole of it, Retry-After included. With a shorter `initial`, more requests come too early.
    """

    initial: float = 0.003
    factor: float = 2.0
    cap: float = 5.0
    timeout: float = 120.0


async def until(
    done: Callable[[R], bool], resource: R, fetch: Callable[[], Awaitable[R]], clock: Clock, policy: PollingPolicy
) -> R:
    """`resource`, or what `fetch` brings later, once it is `done`.

    Raises:
        StillPendingError: it isn't, and time is up.
    """
    deadline = clock.now() + datetime.timedelta(seconds=policy.timeout)
    interval = policy.initial
    while not done(resource):
        seconds = interval if resource.retry_after is None else resource.retry_after.total_seconds()
        if clock.now() + datetime.timedelta(seconds=seconds) > deadline:
            raise _still_pending(resource, policy)
        await clock.sleep(seconds)
        interval = min(interval * policy.factor, policy.cap)
        resource = await fetch()
    return resource


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


def _still_pending(resource: Resource, policy: PollingPolicy) -> StillPendingError:
    error = StillPendingError(f"{resource.url} is still {resource.status} after {policy.timeout:g} s; ask again later")
    error.retry_after = resource.retry_after
    return error
