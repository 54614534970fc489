"""Waiting for a resource to change: as long as the CA says, else a little longer each time (RFC 8555 section 7.5.1)."""

import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from certmanager.acme import http_date
from certmanager.acme.clock import Clock
from certmanager.acme.errors import AcmeError, StillPendingError

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
    """How to wait, in seconds.

    Where the CA doesn't say: `initial`, then `factor` times as long, at most `cap`. With a shorter `initial`, more
    requests come too early. Where it says (Retry-After), at least `floor`, which a date in the past or 0 becomes, and
    at most `ceiling`. `timeout` bounds the whole: a wait that would end beyond it isn't begun.
    """

    initial: float = 0.003
    factor: float = 2.0
    cap: float = 5.0
    floor: float = 1.0
    ceiling: float = 60.0
    timeout: float = 120.0


async def until(
    done: Callable[[R], bool],
    resource: R,
    fetch: Callable[[], Awaitable[R]],
    clock: Clock,
    policy: PollingPolicy,
    began: datetime.datetime | None = None,
) -> R:
    """`resource`, or what `fetch` brings later, once it is `done`.

    What `fetch` raises is waited out where waiting may help. The time of `policy` counts from `began`, by default now.

    Raises:
        StillPendingError: it isn't, and time is up; or it can't be read any more.
        AcmeError: `fetch` raises one that waiting doesn't help.
    """
    began = began or clock.now()
    interval = policy.initial
    asked = resource.retry_after
    failure: AcmeError | None = None
    while failure is not None or not done(resource):
        wait = interval if asked is None else max(asked.total_seconds(), policy.floor)
        waited = (clock.now() - began).total_seconds()
        if waited + wait > policy.timeout:
            raise _still_pending(resource, asked, waited, failure)
        await clock.sleep(min(wait, policy.ceiling))
        interval = min(interval * policy.factor, policy.cap)
        try:
            resource, failure = await fetch(), None
            asked = resource.retry_after
        except AcmeError as error:
            if not error.retryable:
                raise
            failure, asked = error, error.retry_after
    return resource


def retry_after(header: str | None, now: datetime.datetime, date: str | None = None) -> datetime.timedelta | None:
    """What a Retry-After header asks for, from nothing to a year (RFC 9110 section 10.2.3); none if it can't be read.

    Where it is a date it counts from `date`, the same reply's Date header, if that is there: our clock may be wrong.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return min(datetime.timedelta(seconds=int(text[:9])), _LONGEST)
    moment = http_date.parse(text, now)
    if moment is None:
        return None
    return min(max(moment - (http_date.parse(date or "", now) or now), datetime.timedelta()), _LONGEST)


def _still_pending(
    resource: Resource, asked: datetime.timedelta | None, waited: float, failure: AcmeError | None
) -> StillPendingError:
    message = f"{resource.url} is still {resource.status} after {waited:.0f} s"
    if asked is not None:
        message += f", and the CA asks to wait {asked.total_seconds():.0f} s more"
    error = StillPendingError(f"{message}; ask again later" + (f"\nat last: {failure}" if failure else ""))
    error.retry_after = asked
    error.__cause__ = failure
    return error
