"""Plays a scenario with its process behind the proxy, and waits for what has to be waited for.

It is driven by what is seen: the process has dealt with something when it writes about a marker that was created after
it. Only that it does nothing more is known by waiting a moment for its next request. What is shown to the process, and
when it dies, is for `perturbed_run` to say.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from workshop.faults.injector import FaultInjector, When
from workshop.faults.points import START
from workshop.faults.request_info import RequestInfo
from workshop.faults.scenario import OWN, Process, Scenario
from workshop.faults.view import View
from workshop.system.polling import eventually

_IDLE = 0.1  # seconds without a request after which nothing more is expected
_EVERY = 0.02  # seconds from look to look
_marker_numbers = itertools.count(1)


class ProcessEndedError(Exception):
    """The process under test has ended, and nobody killed it."""


class ScenarioRun:
    """One run of `scenario`, its process a client of `proxy`. Its `with` ends the process, and cleans up.

    What has to come true and doesn't in time raises AssertionError.
    """

    def __init__(self, scenario: Scenario, proxy: FaultInjector) -> None:
        self.scenario = scenario
        self.view = proxy.view = View()
        self._proxy = proxy
        self._process: Process | None = None
        self._killed: Future[RequestInfo] | None = None
        self._was_killed = False
        self._writes_before = len(proxy.writes)

    def __enter__(self) -> "ScenarioRun":
        return self

    def __exit__(self, *_: object) -> None:
        self._proxy.kill_nobody()
        self.view.release()
        self.stop()
        self.scenario.clean_up()

    # What users do.

    def play_before(self) -> None:
        """Do what is done before the process starts."""
        for act in self.scenario.before:
            act()

    def play_until(self, step: int) -> None:
        """Play it up to this step, START for what comes before the process's start."""
        self.play_before()
        if step != START:
            self.start()
            self.settle()
            self.play(0, step)

    def play(self, first: int, end: int | None = None) -> None:
        """Take these steps, each when all has settled."""
        for step in range(len(self.scenario.steps))[first:end]:
            self.take(step)
            self.settle()

    def take(self, step: int) -> None:
        """Take a step, as soon as it can be taken."""
        self.eventually(self.scenario.steps[step])

    def take_ahead(self, first: int, end: int | None = None) -> int:
        """Take these steps as far as they can be taken now, and return the first that wasn't."""
        steps = range(len(self.scenario.steps))[first:end]
        for step in steps:
            try:
                self.scenario.steps[step]()
            except AssertionError:
                return step
        return steps.stop

    @contextlib.contextmanager
    def marker(self) -> Iterator[tuple[str, int]]:
        """A marker inside the `with`: its name, and its resourceVersion."""
        name = f"{OWN}{next(_marker_numbers)}"
        version = self.scenario.mark(name)
        yield name, version
        self.scenario.unmark(name)

    # What becomes of the process.

    def start(self) -> None:
        """Start it."""
        self._process = self.scenario.start(self._proxy.kubeconfig)

    def stop(self) -> None:
        """Kill it, if it was started."""
        if self._process:
            self._process.kill()
            self._process = None

    def kill_at(self, nth: int, when: When) -> "Future[RequestInfo]":
        """Kill it at its n-th write in this run, and start it again; done when that has happened."""

        def kill() -> None:
            assert self._process
            self._process.kill()

        self._killed = self._proxy.kill_at(self._writes_before + nth, when, kill)
        return self._killed

    def _start_again(self) -> None:
        """Start it again if it was killed at a write.

        Raises:
            ProcessEndedError: it wasn't killed.
        """
        if self._process is None or self._process.is_alive:
            return
        if self._killed is None:
            raise ProcessEndedError("the process has ended by itself")
        self._killed.result(self.scenario.within)
        self._killed, self._was_killed = None, True
        self.start()

    # What is waited for.

    def writes(self) -> list[RequestInfo]:
        """The writes of this run so far, but for those about markers."""
        return [write for write in self._proxy.writes[self._writes_before :] if not write.name.startswith(OWN)]

    def settle(self) -> None:
        """Wait until all that is to be done is done."""
        self.eventually(self.scenario.settled)
        if self._was_killed:  # all may have been done before it looks at anything
            self._was_killed = False
            self.come_to_rest(self.scenario.settled)

    def come_to_rest(self, is_done: Callable[[], object]) -> None:
        """Wait until `is_done` raises no AssertionError, nothing more is written, and it is so still."""

        def look() -> None:
            is_done()
            before = len(self.writes())
            with self.marker() as (name, _):
                self.until_dealt_with(name)
            assert (late := self.writes()[before:]) == [], f"it doesn't rest: {', '.join(map(str, late))}"
            is_done()

        self.eventually(look)

    def until_dealt_with(self, marker: str, *, again: bool = False) -> None:
        """Wait until the process has written about this marker, by when it has looked at what came before it.

        `again`: only what it writes from now on counts.
        """
        before = len(self._proxy.writes) if again else self._writes_before

        def look() -> None:
            written = any(write.name == marker for write in self._proxy.writes[before:])
            assert written, "it doesn't look at what was created last"

        self.eventually(look)

    def until_idle(self) -> None:
        """Wait until it asks for nothing more: the one thing that nobody tells."""
        before = -1
        while self._proxy.requests != before:
            before = self._proxy.requests
            time.sleep(_IDLE)

    def eventually(self, look: Callable[[], object]) -> None:
        """Wait until `look` raises no AssertionError; the process lives on meanwhile."""

        def both() -> None:
            self._start_again()
            look()

        eventually(both, within=self.scenario.within, every=_EVERY)
