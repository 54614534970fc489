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
from workshop.faults.actions import Cut, Decision, EndWith, HttpRequest, KillClient, LineAction, RequestAction
from workshop.faults.kinds import Kind
from workshop.faults.rates import FaultRates, parse_rates
from workshop.faults.request_info import RequestInfo
from workshop.faults.view import View

FaultAction = RequestAction | Cut | EndWith
A = TypeVar("A", bound=FaultAction)
_LISTS_REMEMBERED = 20  # of each path


class When(Enum):
    """When the process is killed, seen from its write."""

    BEFORE = "before: the request never reaches the API server"
    AFTER = "after: it has happened, and the reply is lost"


@dataclass(frozen=True)
class InjectedFault:
    """A fault that was injected: into a request, or into its watch at one of the events (by number, from 0)."""

    kind: Kind
    request: RequestInfo
    action: FaultAction
    event: int | None = None


@dataclass(frozen=True)
class _PendingKill:
    nth: int
    when: When
    kill: Callable[[], object]
    write: Future[RequestInfo]


class FaultInjector:
    """What goes wrong, and what has. `kubeconfig` leads through the proxy, as the same user."""

    def __init__(
        self, kubeconfig: Path, rates: FaultRates, on_injected: Callable[[InjectedFault], object] | None = None
    ) -> None:
        self.kubeconfig = kubeconfig
        self.view = View()
        self._rates = rates
        self._on_injected = on_injected
        self._requests: Counter[tuple[str, str]] = Counter()
        self._list_versions: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=_LISTS_REMEMBERED))
        self._writes: list[RequestInfo] = []
        self._injected: list[InjectedFault] = []
        self._pending_kill: _PendingKill | None = None

    @property
    def writes(self) -> list[RequestInfo]:
        """The writes that came so far, in their order, whatever became of them; the n-th is the one of `kill_at(n)`."""
        return list(self._writes)

    @property
    def requests(self) -> int:
        """How many requests came so far."""
        return self._requests.total()

    @property
    def injected(self) -> list[InjectedFault]:
        """The faults so far."""
        return list(self._injected)

    def counts(self) -> Counter[str]:
        """How many there were of each kind."""
        return Counter(str(fault.kind) for fault in self._injected)

    def inject(self, rates: Mapping[str, float]) -> None:
        """From now on, inject these kinds at these rates, and no others.

        Raises:
            RatesError: they make no sense; what was injected before goes on.
        """
        self._rates = replace(self._rates, by_kind=parse_rates(rates))

    def stop(self) -> None:
        """From now on, inject nothing; what is still delayed is delayed to its end."""
        self.inject({})

    @contextlib.contextmanager
    def watches_held(self) -> Iterator[None]:
        """Inside the `with`, no event of a watch passes, so the process's cache stays as it is; then all pass."""
        self.view.hold()
        try:
            yield
        finally:
            self.view.release()

    def kill_at(self, nth: int, when: When, process: int | Callable[[], object]) -> "Future[RequestInfo]":
        """Kill the process at its `nth` write, counted from the proxy's start, from 1.

        `process` is its pid, or is called in the proxy's thread and must end it at once, by SIGKILL. Nothing that the
        process sent, and hadn't reached the API server by then, reaches it later. The result is the write at which it
        was killed, or the exception of `process`. One kill can be pending: a second call replaces the first. A process
        that is started afterwards goes through the same proxy, and its writes are counted on.

        Raises:
            ValueError: that write has come already.
        """
        if nth <= len(self._writes):
            raise ValueError(
                f"Write {nth} has come already: {self._writes[nth - 1] if nth > 0 else 'writes count from 1'}"
            )
        kill = process if callable(process) else partial(os.kill, process, signal.SIGKILL)
        self._pending_kill = _PendingKill(nth, when, kill, Future())
        return self._pending_kill.write

    def kill_nobody(self) -> None:
        """Forget the kill that is pending, if one is."""
        self._pending_kill = None

    def decide(self, request: HttpRequest) -> Decision:
        """What becomes of this request."""
        info = RequestInfo.of(request)
        if info.writes:
            self._writes.append(info)
            if kill := self._kill(info):
                return Decision([self._record(Kind.KILL, info, kill)])
        self._requests[info.verb, info.path] += 1
        return self._decide(info, (info.verb, info.path, self._requests[info.verb, info.path]))

    def _decide(self, info: RequestInfo, occasion: tuple[str, str, int]) -> Decision:
        rates, random, actions = self._rates, self._rates.random(*occasion), list[RequestAction]()
        if by_view := self.view.request_action(info):
            actions.append(by_view)
        if rates.delays(random):
            actions.append(self._record(Kind.LATENCY, info, kinds.delay(random, rates.longest_delay)))
        kind = rates.choose(kinds.candidates(info), random)
        if kind and (action := kinds.request_action(kind, info, list(self._list_versions[info.path]), random)):
            actions.append(self._record(kind, info, action))
        return Decision(
            actions,
            on_line=partial(self._at_event, info, occasion) if info.verb == "watch" else None,
            on_body=partial(self._on_list, info) if info.verb == "list" else None,
        )

    def _at_event(
        self, info: RequestInfo, occasion: tuple[str, str, int], number: int, line: bytes
    ) -> list[LineAction]:
        rates, random = self._rates, self._rates.random(*occasion, number)
        actions = list(self.view.event_actions(info, line))
        if rates.delays(random):
            actions.append(self._record(Kind.LATENCY, info, kinds.delay(random, rates.longest_delay), number))
        if kind := rates.choose(kinds.OF_EVENTS, random):
            actions.append(self._record(kind, info, kinds.event_action(kind, random), number))
        return actions

    def _on_list(self, info: RequestInfo, body: bytes) -> None:
        version, versions = stale_lists.resource_version(body), self._list_versions[info.path]
        if version is not None and (not versions or version > versions[-1]):
            versions.append(version)
        self.view.on_list(info, body)

    def _kill(self, info: RequestInfo) -> KillClient | None:
        pending = self._pending_kill
        if pending is None or pending.nth != len(self._writes):
            return None
        self._pending_kill = None

        def kill(drop: Callable[[], None]) -> None:
            try:
                pending.kill()
                drop()
                pending.write.set_result(info)
            except Exception as error:
                pending.write.set_exception(error)

        return KillClient(kill, forwarded=pending.when is When.AFTER)

    def _record(self, kind: Kind, info: RequestInfo, action: A, event: int | None = None) -> A:
        fault = InjectedFault(kind, info, action, event)
        self._injected.append(fault)
        if self._on_injected:
            self._on_injected(fault)
        return action
