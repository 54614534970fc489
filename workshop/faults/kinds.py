"""The kinds of faults: which requests each may strike, and what it then does to them."""

from collections.abc import Mapping
from enum import StrEnum
from random import Random

from workshop.faults import api_errors, stale_lists
from workshop.faults.effects import Answer, AskInstead, Cut, Delay, EndWith, LoseReply
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
OF_WRITES = (Kind.CONFLICT, Kind.LOST, Kind.THROTTLED, Kind.ERROR)
OF_LISTS = (Kind.STALE, Kind.THROTTLED, Kind.ERROR)
OF_WATCHES = (Kind.GONE, Kind.THROTTLED, Kind.ERROR)
OF_EVENTS = (Kind.CUT, Kind.GONE)
_OF_ALL = (Kind.THROTTLED, Kind.ERROR)


def of_request(info: RequestInfo) -> tuple[Kind, ...]:
    """The kinds of which one may strike this request; latency may strike every one, besides."""
    if info.writes:
        return OF_WRITES if info.is_guarded else OF_WRITES[1:]
    if stale_lists.bound(info) is not None:
        return OF_LISTS
    return OF_WATCHES if info.watches_from.isdecimal() else _OF_ALL


def effect_on_request(
    kind: Kind, info: RequestInfo, seen: list[int], random: Random
) -> Answer | LoseReply | AskInstead | None:
    """What a fault of this kind does to this request; None: it can't be done this time.

    `seen` are the resourceVersions of the lists of this path that were answered before.
    """
    match kind:
        case Kind.CONFLICT:
            return api_errors.conflict(info.group, info.resource, info.name)
        case Kind.GONE:
            return random.choice((api_errors.gone, api_errors.watch_of_one_error))(
                api_errors.expired(info.watches_from)
            )
        case Kind.LOST:
            return LoseReply()
        case Kind.THROTTLED:
            return api_errors.too_many_requests(retry_after=1)
        case Kind.STALE:
            target = stale_lists.earlier(info, seen, random.random())
            return AskInstead(target) if target else None
        case _:
            return _error(random, writes=info.writes)


def effect_on_event(kind: Kind, random: Random) -> Cut | EndWith:
    """What a fault of this kind does to a watch, at one of its events."""
    if kind is Kind.CUT:
        return Cut(random.choice((0.0, random.random())))
    return EndWith(api_errors.error_event(api_errors.compacted()))


def delay(random: Random, longest: float) -> Delay:
    """A delay of up to `longest` seconds."""
    return Delay(random.uniform(0, longest))


def _error(random: Random, *, writes: bool) -> Answer:
    reaches = writes and random.random() < 0.5
    return random.choice(
        (api_errors.request_timed_out(reaches=reaches), api_errors.shutting_down(), api_errors.timeout(reaches=reaches))
    )
