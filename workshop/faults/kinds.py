"""The kinds of faults: which requests each may strike, and what the proxy then does to them."""

from collections.abc import Mapping
from enum import StrEnum
from random import Random
from typing import Literal, assert_never

from workshop.faults import api_errors, stale_lists
from workshop.faults.actions import Cut, Delay, EndWith, LoseReply, Respond, RewriteTarget
from workshop.faults.request_info import RequestInfo


class Kind(StrEnum):
    """A kind of fault."""

    CONFLICT = "conflict"
    GONE = "gone"
    CUT = "cut"
    LOST = "lost"
    THROTTLED = "throttled"
    ERROR = "error"
    LATENCY = "latency"
    STALE = "stale"
    KILL = "kill"


DESCRIPTIONS: Mapping[Kind, str] = {
    Kind.CONFLICT: "409 to an update, a patch, or a delete with preconditions",
    Kind.GONE: "410 to a watch that names a resourceVersion: as the answer, or as an ERROR event in any watch",
    Kind.CUT: "a watch's connection closed at an event, or in the middle of it",
    Kind.LOST: "a write that happens, and whose reply is lost: connection reset",
    Kind.THROTTLED: "429 with Retry-After: 1",
    Kind.ERROR: "500, 503 or 504; of the writes that get 500 or 504, half have happened",
    Kind.LATENCY: "a delay before a request goes on, or before an event of a watch and those behind it",
    Kind.STALE: "a list that allows it answered from an earlier state",
}
RequestKind = Literal[Kind.CONFLICT, Kind.GONE, Kind.LOST, Kind.THROTTLED, Kind.ERROR, Kind.STALE]
EventKind = Literal[Kind.CUT, Kind.GONE]

OF_WRITES: tuple[RequestKind, ...] = (Kind.CONFLICT, Kind.LOST, Kind.THROTTLED, Kind.ERROR)
OF_LISTS: tuple[RequestKind, ...] = (Kind.STALE, Kind.THROTTLED, Kind.ERROR)
OF_WATCHES: tuple[RequestKind, ...] = (Kind.GONE, Kind.THROTTLED, Kind.ERROR)
OF_EVENTS: tuple[EventKind, ...] = (Kind.CUT, Kind.GONE)
_OF_ALL: tuple[RequestKind, ...] = (Kind.THROTTLED, Kind.ERROR)


def candidates(info: RequestInfo) -> tuple[RequestKind, ...]:
    """The kinds of which one may strike this request; latency may strike every one, besides."""
    if info.writes:
        return OF_WRITES if info.is_guarded else OF_WRITES[1:]
    if stale_lists.oldest_allowed(info) is not None:
        return OF_LISTS
    return OF_WATCHES if info.watches_from.isdecimal() else _OF_ALL


def request_action(
    kind: RequestKind, info: RequestInfo, list_versions: list[int], random: Random
) -> Respond | LoseReply | RewriteTarget | None:
    """What a fault of this kind does to this request; None: it can't be done this time.

    `list_versions` are the resourceVersions of the lists of this path that were answered before.
    """
    match kind:
        case Kind.CONFLICT:
            return api_errors.conflict(info.group, info.resource, info.name)
        case Kind.GONE:
            form = random.choice((api_errors.response, api_errors.watch_response))
            return form(api_errors.resource_expired(info.watches_from))
        case Kind.LOST:
            return LoseReply()
        case Kind.THROTTLED:
            return api_errors.too_many_requests(retry_after=1)
        case Kind.ERROR:
            return _error(random, writes=info.writes)
        case Kind.STALE:
            target = stale_lists.earlier_target(info, list_versions, random.random())
            return RewriteTarget(target) if target else None
        case _:
            assert_never(kind)


def event_action(kind: EventKind, random: Random) -> Cut | EndWith:
    """What a fault of this kind does to a watch, at one of its events."""
    match kind:
        case Kind.CUT:
            return Cut(random.choice((0.0, random.random())))
        case Kind.GONE:
            return EndWith(api_errors.error_event(api_errors.compacted()))
        case _:
            assert_never(kind)


def delay(random: Random, longest: float) -> Delay:
    """A delay of up to `longest` seconds."""
    return Delay(random.uniform(0, longest))


def _error(random: Random, *, writes: bool) -> Respond:
    forwarded = writes and random.random() < 0.5
    return random.choice(
        (
            api_errors.etcd_timeout(forwarded=forwarded),
            api_errors.shutting_down(),
            api_errors.timeout(forwarded=forwarded),
        )
    )
