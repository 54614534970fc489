"""The points of a scenario at which a run is perturbed, enumerated from the record of an unharmed one.

The three classes are those by which Sieve (OSDI 2022) found bugs in controllers. Here is only which points there are;
`perturbed_run` goes there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workshop.faults.injector import When
from workshop.faults.view import WatchEvent

START = -1  # the step in which the process starts


class PointClass(StrEnum):
    """What is wrong with what the process knows."""

    INTERMEDIATE = "intermediate"
    STALE = "stale"
    UNOBSERVED = "unobserved"


@dataclass(frozen=True)
class Recorded:
    """An event of the unharmed run: in which step it came, and whether a user caused it.

    `occurrence` counts the events of this type about this object in this step, from 1: the order of what a process
    writes at the same time differs from run to run. `before` is the object as it was shown last, `after` as it is now;
    None if it isn't there.
    """

    step: int
    by_user: bool
    event: WatchEvent
    occurrence: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    def __str__(self) -> str:
        step = "the start" if self.step == START else f"step {self.step + 1}"
        return f"{self.event}{f' no. {self.occurrence}' if self.occurrence > 1 else ''} in {step}"


@dataclass(frozen=True)
class Record:
    """What there was to see in an unharmed run of so many `steps`.

    `writes` are the process's, `at_once` are the steps that can be done though the process sees nothing of them, and
    `lists_may_be_stale` says that it asks for lists that may be answered from an earlier state.
    """

    steps: int
    writes: Sequence[str]
    events: Sequence[Recorded]
    at_once: frozenset[int]
    lists_may_be_stale: bool


@dataclass(frozen=True)
class Killed:
    """The process is killed at its n-th write and started again."""

    nth: int
    when: When
    point_class = PointClass.INTERMEDIATE

    def __str__(self) -> str:
        return f"{self.point_class}: killed {self.when.name.lower()} write {self.nth}"


class Lag(StrEnum):
    """How the process comes to be behind."""

    WATCH = "watch held after"
    RESTART = "started again, its lists slow and its watches held, after"
    LIST = "started again at the end, its lists as of"


@dataclass(frozen=True)
class Behind:
    """The process knows what there was at an event, and acts on that, while everything else has gone on.

    Without an event it knows what there was when it started.
    """

    lag: Lag
    step: int
    last: Recorded | None
    point_class = PointClass.STALE

    def __str__(self) -> str:
        return f"{self.point_class}: {self.lag} {self.last or 'the beginning'}"


@dataclass(frozen=True)
class Swallowed:
    """The watch is cut before the first of two events, and the next list is from after the second, which undoes it."""

    first: Recorded
    second: Recorded
    point_class = PointClass.UNOBSERVED

    def __str__(self) -> str:
        return f"{self.point_class}: {self.first} to {self.second}"


Point = Killed | Behind | Swallowed


def enumerate_points(record: Record, *, timing_matters: bool) -> list[Point]:
    """All points.

    Where timing matters, the process is only ever behind in what users have done: what it did itself it was in the
    middle of. Started again in the middle of the last step, with nothing to come, it isn't behind, but killed.
    """
    return [*_killed(record), *_behind(record, timing_matters=timing_matters), *_swallowed(record)]


def _killed(record: Record) -> Iterator[Killed]:
    for nth in range(1, len(record.writes) + 1):
        for when in When:
            yield Killed(nth, when)


def _behind(record: Record, *, timing_matters: bool) -> Iterator[Behind]:
    of_old_lists = [Lag.LIST] if record.lists_may_be_stale else []
    for lag in (Lag.RESTART, *of_old_lists):
        yield Behind(lag, START, None)
    of_users = {event.step: event for event in record.events if event.by_user}  # the last of each step
    for event in record.events:
        if event.by_user and event is of_users[event.step]:
            lags = [Lag.WATCH, Lag.RESTART, *of_old_lists]
        elif not event.by_user and not timing_matters:
            lags = [Lag.WATCH] if event.step == record.steps - 1 else [Lag.WATCH, Lag.RESTART]
        else:
            lags = []
        for lag in lags:
            yield Behind(lag, event.step, event)


def _swallowed(record: Record) -> Iterator[Swallowed]:
    """Pairs that users cause while the process knows of neither. That something is gone may be its own doing, too."""
    for index, first in enumerate(record.events):
        if not first.by_user and first.after is not None:
            continue
        later = [event for event in record.events[index + 1 :] if event.by_user and event.event.key == first.event.key]
        seconds = [_undone_by(aspect, first, later) for aspect in _ASPECTS]
        for second in later:
            unseen = range(first.step + (not first.by_user), second.step + 1)
            if second in seconds and record.at_once.issuperset(unseen):
                yield Swallowed(first, second)


def _undone_by(aspect: "_Aspect", first: Recorded, later: Sequence[Recorded]) -> Recorded | None:
    was = aspect(first.before)
    if aspect(first.after) == was:
        return None
    return next((event for event in later if aspect(event.after) == was), None)


def _exists(body: "_Body | None") -> object:
    return body is not None


def _finalizers(body: "_Body | None") -> object:
    return body and body["metadata"].get("finalizers")


def _spec(body: "_Body | None") -> object:
    return body and body.get("spec")


_Body = dict[str, Any]
_Aspect = Callable[[_Body | None], object]  # something about an object that may change, and change back
_ASPECTS: tuple[_Aspect, ...] = (_exists, _finalizers, _spec)
