"""One run of a scenario: unharmed, with a process that was away for some steps, or perturbed at a point.

A run is driven by what is seen: the process has dealt with something when it writes about a marker that was created
after it. Only that it does nothing more is known by waiting a moment for its next request.
"""

import concurrent.futures
import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import assert_never

from workshop.faults.injector import FaultInjector
from workshop.faults.points import START, Behind, Killed, Lag, Point, Record, Recorded, Swallowed
from workshop.faults.recorder import Recorder
from workshop.faults.request_info import RequestInfo
from workshop.faults.scenario import OWN, Process, Scenario
from workshop.faults.view import View, WatchEvent
from workshop.system.polling import eventually

_IDLE = 0.1  # seconds without a request after which nothing more is expected
_EVERY = 0.02  # seconds from look to look
_marker_numbers = itertools.count(1)


class NotConvergedError(Exception):
    """The run didn't come to the end that it should, or not to rest; the message says what was seen instead."""


class PerturbedRun:
    """A run of `scenario`, its process a client of `proxy`."""

    def __init__(self, scenario: Scenario, proxy: FaultInjector) -> None:
        self._scenario, self._proxy = scenario, proxy
        self._view = proxy.view = View()
        self._process: Process | None = None
        self._killed: Future[RequestInfo] | None = None
        self._was_killed = False
        self._writes_before = len(proxy.writes)

    # What kinds of runs there are.

    def unharmed(self) -> tuple[Record, object]:
        """Play it, and return what there was to see, and its end."""
        recorder = Recorder()
        with self._begun():
            self._play_before()
            self._view.record()
            self._start()
            self._come_to_rest()
            recorder.begin(self._view.take_shown())
            for step in range(len(self._scenario.steps)):
                recorder.step(step, self._recorded_step(step), self._view.take_shown())
            record = recorder.record(map(str, self._writes()), lists_may_be_stale=self._view.lists_may_be_stale)
            return record, self._scenario.end()

    def away(self, first: int, last: int) -> object:
        """Play it with a process that doesn't run during these steps, and return its end."""
        with self._begun():
            self._play_until(first)
            if first != START:
                self._come_to_rest()
            self._stop()
            done = self._act_ahead(max(first, 0), last + 1)
            self._start()
            self._play(range(done, len(self._scenario.steps)))
            self._come_to_rest()
            return self._scenario.end()

    def perturbed(self, point: Point, expected: object) -> None:
        """Play it with a perturbation at `point`.

        Raises:
            NotConvergedError: it doesn't come to the end `expected`, or not to rest there.
        """
        try:
            with self._begun():
                self._perturb(point)
                self._come_to_rest(expected)
        except AssertionError as error:
            raise NotConvergedError(str(error)) from error

    # What becomes of the process.

    def _perturb(self, point: Point) -> None:
        match point:
            case Killed():
                self._kill_at(point)
            case Behind(lag=Lag.LIST):
                self._show_an_old_list(point)
            case Behind():
                self._fall_behind(point)
            case Swallowed():
                self._swallow(point)
            case _:
                assert_never(point)

    def _kill_at(self, point: Killed) -> None:
        def kill() -> None:
            assert self._process
            self._process.kill()

        killed = self._killed = self._proxy.kill_at(self._writes_before + point.nth, point.when, kill)
        self._play_until(len(self._scenario.steps))

        def has_happened() -> None:
            self._look_after_process()
            assert killed.done(), f"{point} has not come; there were: {', '.join(map(str, self._writes()))}"

        self._eventually(has_happened)

    def _fall_behind(self, point: Behind) -> None:
        self._hold_at(point)
        if point.lag is Lag.RESTART:
            self._stop()
        with self._marker() as (name, version):
            done = self._act_ahead(point.step + 1, len(self._scenario.steps))
            self._view.hold(version)
            if point.lag is Lag.RESTART:
                self._view.answer_lists_as_of(version)
                self._start()
            self._until_dealt_with(name)
            self._until_idle()
            self._view.release()
        self._play(range(done, len(self._scenario.steps)))

    def _hold_at(self, point: Behind) -> None:
        """Play it until the event, and show nothing that is newer."""
        self._play_until(point.step)
        if point.last is None:
            return
        if point.step != START:
            self._come_to_rest()
        if point.last.by_user:
            self._view.hold()
            self._scenario.steps[point.step]()
            return
        reached = self._view.hold_before(_same(point.last))
        if point.step == START:
            self._start()
        else:
            self._eventually(self._scenario.steps[point.step])
        concurrent.futures.wait([reached], self._scenario.within)
        assert reached.done(), f"{point.last} has not come"

    def _show_an_old_list(self, point: Behind) -> None:
        """Play it to its end, and start the process again with what there was at the event."""
        self._hold_at(point)
        with self._marker() as (name, version):
            self._view.release()
            self._play(range(point.step + 1, len(self._scenario.steps)))
            self._come_to_rest()
        self._stop()
        self._view.hold(version)
        self._view.answer_lists_as_of(version)
        self._start()
        self._until_dealt_with(name, again=True)
        self._until_idle()
        self._view.release()

    def _swallow(self, point: Swallowed) -> None:
        self._play_until(point.first.step)
        self._come_to_rest()
        self._view.hold()
        for act in self._scenario.steps[point.first.step : point.second.step + 1]:
            act()
        with self._marker() as (name, version):
            self._view.expire(version)
            self._until_dealt_with(name)
        self._play(range(point.second.step + 1, len(self._scenario.steps)))

    # What users do.

    @contextlib.contextmanager
    def _begun(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._view.release()
            self._stop()
            self._scenario.clean_up()

    def _play_before(self) -> None:
        for act in self._scenario.before:
            act()

    def _play_until(self, step: int) -> None:
        """Play it up to this step, START for what comes before the process's start."""
        self._play_before()
        if step != START:
            self._start()
            self._settle()
            self._play(range(step))

    def _play(self, steps: range) -> None:
        for step in steps:
            self._eventually(self._scenario.steps[step])
            self._settle()

    def _act_ahead(self, first: int, end: int) -> int:
        """Take these steps as far as they can be taken now, and return the one that can't be."""
        for step in range(first, end):
            try:
                self._scenario.steps[step]()
            except AssertionError:
                return step
        return end

    def _recorded_step(self, step: int) -> int:
        """Take a step, and return up to which resourceVersion all is the user's doing, 0 if that can't be said."""
        self._view.hold()
        by_user_up_to = 0
        if self._act_ahead(step, step + 1) > step:
            with self._marker() as (_, by_user_up_to):
                self._view.release()
        self._view.release()
        if not by_user_up_to:
            self._eventually(self._scenario.steps[step])
        self._come_to_rest()
        return by_user_up_to

    @contextlib.contextmanager
    def _marker(self) -> Iterator[tuple[str, int]]:
        """A marker inside the `with`: its name, and its resourceVersion."""
        name = f"{OWN}{next(_marker_numbers)}"
        version = self._scenario.mark(name)
        yield name, version
        self._scenario.unmark(name)

    # The process, and what is known of it.

    def _start(self) -> None:
        self._process = self._scenario.start(self._proxy.kubeconfig)

    def _stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process = None

    def _look_after_process(self) -> None:
        """Start it again if it was killed at a write."""
        if self._process is None or self._process.is_alive:
            return
        if self._killed is None:
            raise NotConvergedError("the process has ended by itself")
        self._killed.result(self._scenario.within)
        self._killed, self._was_killed = None, True
        self._start()

    def _writes(self) -> list[RequestInfo]:
        """The writes of this run, but for those about markers."""
        return [write for write in self._proxy.writes[self._writes_before :] if not write.name.startswith(OWN)]

    def _settle(self) -> None:
        def look() -> None:
            self._look_after_process()
            self._scenario.settled()

        self._eventually(look)
        if self._was_killed:  # all may have been done before it looks at anything
            self._was_killed = False
            self._come_to_rest()

    def _come_to_rest(self, end: object = None) -> None:
        """Wait until all is done, or as in this `end`, and nothing more is written."""

        def is_done() -> None:
            self._look_after_process()
            if end is None:
                self._scenario.settled()
                return
            seen = self._scenario.end()
            assert seen == end, f"the end is\n{seen}\nand should be\n{end}"

        def look() -> None:
            is_done()
            before = len(self._writes())
            with self._marker() as (name, _):
                self._until_dealt_with(name)
            assert (late := self._writes()[before:]) == [], f"it doesn't rest: {', '.join(map(str, late))}"
            is_done()

        self._eventually(look)

    def _until_dealt_with(self, marker: str, *, again: bool = False) -> None:
        """Wait until the process writes about this marker; `again`: from now on."""
        before = len(self._proxy.writes) if again else self._writes_before

        def look() -> None:
            self._look_after_process()
            written = any(write.name == marker for write in self._proxy.writes[before:])
            assert written, "it doesn't look at what was created last"

        self._eventually(look)

    def _until_idle(self) -> None:
        """Wait until it asks for nothing more: the one thing that nobody tells."""
        before = -1
        while self._proxy.requests != before:
            before = self._proxy.requests
            time.sleep(_IDLE)

    def _eventually(self, look: Callable[[], object]) -> None:
        eventually(look, within=self._scenario.within, every=_EVERY)


def _same(recorded: Recorded) -> Callable[[WatchEvent], bool]:
    """Whether an event of the same step is this one."""
    number = itertools.count(1)
    return lambda event: str(event) == str(recorded.event) and next(number) == recorded.occurrence
