"""The faults of one proxy while it runs: decides about each request, counts the writes, remembers what it injected.

It keeps what a decision needs of the past (how often a request came, which lists were answered) and does no I/O.
The proxy's thread asks; tests read and change it from theirs.
"""

import contextlib
import os
import signal
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from pathlib import Path
from typing import TypeVar

from workshop.faults import kinds, stale_lists
from workshop.faults.effects import Decision, Hold, HttpRequest, Kill, OfLine, OfRequest
from workshop.faults.kinds import Kind
from workshop.faults.request_info import RequestInfo
from workshop.faults.schedule import Schedule, rates

E = TypeVar("E", bound=OfRequest | OfLine)
_LISTS_REMEMBERED = 20  # of each path


class When(Enum):
    """When the process is killed, seen from its write."""

    BEFORE = "before: the request never reaches the API server"
    AFTER = "after: it has happened, and the reply is lost"


@dataclass(frozen=True)
class Injected:
    """A fault that was injected: into a request, or into its watch at one of the events (by number, from 0)."""

    kind: Kind
    request: RequestInfo
    effect: OfRequest | OfLine
    event: int | None = None


@dataclass(frozen=True)
class _KillSwitch:
    nth: int
    when: When
    victim: Callable[[], object]
    fell: Future[RequestInfo]


class FaultInjector:
    """What goes wrong, and what has. `kubeconfig` leads through the proxy, as the same user."""

    def __init__(
        self, kubeconfig: Path, plan: Schedule, on_injected: Callable[[Injected], object] | None = None
    ) -> None:
        self.kubeconfig = kubeconfig
        self._plan = plan
        self._on_injected = on_injected
        self._requests: Counter[tuple[str, str]] = Counter()
        self._listed: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_LISTS_REMEMBERED))
        self._writes: list[RequestInfo] = []
        self._injected: list[Injected] = []
        self._switch: _KillSwitch | None = None
        self._held: Future[None] | None = None

    @property
    def writes(self) -> list[RequestInfo]:
        """The writes that came so far, in their order, whatever became of them; the n-th is the one of `kill_at(n)`."""
        return list(self._writes)

    @property
    def injected(self) -> list[Injected]:
        """The faults so far."""
        return list(self._injected)

    def counts(self) -> Counter[str]:
        """How many there were of each kind."""
        return Counter(str(each.kind) for each in self._injected)

    def inject(self, given: Mapping[str, float]) -> None:
        """From now on, inject these kinds at these rates, and no others.

        Raises:
            RatesError: they make no sense; what was injected before goes on.
        """
        self._plan = replace(self._plan, rates=rates(given))

    def stop(self) -> None:
        """From now on, inject nothing; what is still delayed is delayed to its end."""
        self.inject({})

    @contextlib.contextmanager
    def watches_held(self) -> Iterator[None]:
        """Inside the `with`, no event of a watch passes, so the process's cache stays as it is; then all pass."""
        self._held = Future()
        try:
            yield
        finally:
            self._held.set_result(None)

    def kill_at(self, nth: int, when: When, victim: int | Callable[[], object]) -> "Future[RequestInfo]":
        """Kill the process at its `nth` write, counted from the proxy's start, from 1.

        `victim` is its pid, or is called in the proxy's thread and must end it at once, by SIGKILL. Nothing that the
        process sent, and hadn't reached the API server by then, reaches it later. The result is the write at which it
        was killed, or the exception of `victim`. There is one such switch: a second call replaces the first. A process
        that is started afterwards goes through the same proxy, and its writes are counted on.

        Raises:
            ValueError: that write has come already.
        """
        if nth <= len(self._writes):
            raise ValueError(
                f"Write {nth} has come already: {self._writes[nth - 1] if nth > 0 else 'writes count from 1'}"
            )
        kill = victim if callable(victim) else lambda: os.kill(victim, signal.SIGKILL)
        self._switch = _KillSwitch(nth, when, kill, Future())
        return self._switch.fell

    def decide(self, request: HttpRequest) -> Decision:
        """What becomes of this request."""
        info = RequestInfo.of(request)
        if info.writes:
            self._writes.append(info)
            if kill := self._kills(info):
                return Decision([self._tell(Kind.KILL, info, kill)])
        self._requests[info.verb, info.path] += 1
        return self._decide(info, (info.verb, info.path, self._requests[info.verb, info.path]))

    def _decide(self, info: RequestInfo, occasion: tuple[str, str, int]) -> Decision:
        plan, random, effects = self._plan, self._plan.random(*occasion), list[OfRequest]()
        if plan.delays(random):
            effects.append(self._tell(Kind.LATENCY, info, kinds.delay(random, plan.longest_delay)))
        kind = plan.strikes(kinds.of_request(info), random)
        if kind and (effect := kinds.effect_on_request(kind, info, list(self._listed[info.path]), random)):
            effects.append(self._tell(kind, info, effect))
        return Decision(
            effects,
            line=partial(self._at_event, info, occasion) if info.verb == "watch" else None,
            head=partial(self._saw, info.path) if info.verb == "list" else None,
        )

    def _at_event(self, info: RequestInfo, occasion: tuple[str, str, int], number: int) -> list[OfLine]:
        plan, random = self._plan, self._plan.random(*occasion, number)
        effects: list[OfLine] = [Hold(self._held)] if self._held else []
        if plan.delays(random):
            effects.append(self._tell(Kind.LATENCY, info, kinds.delay(random, plan.longest_delay), number))
        if kind := plan.strikes(kinds.OF_EVENTS, random):
            effects.append(self._tell(kind, info, kinds.effect_on_event(kind, random), number))
        return effects

    def _saw(self, path: str, head: bytes) -> None:
        version, listed = stale_lists.version_of(head), self._listed[path]
        if version is not None and (not listed or version > listed[-1]):
            listed.append(version)

    def _kills(self, info: RequestInfo) -> Kill | None:
        switch = self._switch
        if switch is None or switch.nth != len(self._writes):
            return None
        self._switch = None

        def victim(drop: Callable[[], None]) -> None:
            try:
                switch.victim()
                drop()
                switch.fell.set_result(info)
            except Exception as error:
                switch.fell.set_exception(error)

        return Kill(victim, reaches=switch.when is When.AFTER)

    def _tell(self, kind: Kind, info: RequestInfo, effect: E, event: int | None = None) -> E:
        injected = Injected(kind, info, effect, event)
        self._injected.append(injected)
        if self._on_injected:
            self._on_injected(injected)
        return effect
