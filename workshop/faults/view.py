"""What the process under test is shown of the cluster: all that happens, or only what had happened by some moment.

A moment is a resourceVersion. One counter goes through all resources, so a view that is held at one is a state that the
cluster was in, whatever the process lists and watches. Nothing is made up: events wait, lists are answered by the API
server itself as of then (an answer that took its time), and a watch that is cut is expired, as by a compaction of etcd.
"""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from workshop.faults import api_errors, stale_lists
from workshop.faults.actions import Cut, Hold, LineAction, Respond, RewriteTarget
from workshop.faults.request_info import RequestInfo

_SHOWN = {"ADDED", "MODIFIED", "DELETED"}
_NOTHING = 0  # the resourceVersion that every event is newer than


@dataclass(frozen=True)
class WatchEvent:
    """An event of a watch: `ADDED`, `MODIFIED` or `DELETED`, and the object. An object of a list is `LISTED`."""

    resource: str
    type: str
    object: dict[str, Any]

    @property
    def key(self) -> str:
        """Resource, namespace and name, as `icecreams/cone`."""
        metadata = self.object["metadata"]
        return "/".join(filter(None, (self.resource, metadata.get("namespace"), metadata["name"])))

    @property
    def resource_version(self) -> int:
        """When it happened."""
        return int(self.object["metadata"]["resourceVersion"])

    def __str__(self) -> str:
        return f"{self.type} {self.key}"


class View:
    """The view of a proxy's client. Tests hold and release it, from their thread."""

    def __init__(self) -> None:
        self.lists_may_be_stale = False  # whether one was asked for, since `record`, of which an earlier state will do
        self._shown: list[WatchEvent] | None = None
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._lists_as_of: int | None = None
        self._answered_as_of: set[str] = set()
        self._expired = _NOTHING
        self._open: list[RequestInfo] = []  # watches
        self._to_be_cut: list[RequestInfo] = []
        self._waiting: list[tuple[int, Future[bool]]] = []
        self._awaited: tuple[Callable[[WatchEvent], bool], Future[None]] | None = None

    def record(self) -> None:
        """Keep what is shown from now on, for `take_shown`."""
        with self._lock:
            self._shown, self.lists_may_be_stale = [], False

    def take_shown(self) -> list[WatchEvent]:
        """Return what was shown since the last call."""
        with self._lock:
            shown, self._shown = self._shown or [], []
            return shown

    def hold(self, at: int = _NOTHING) -> None:
        """Show no event that is newer than the resourceVersion `at`, and those that wait up to it; by default none."""
        with self._lock:
            self._limit = at
            self._let_go(lambda version: version <= at, passes=True)

    def hold_before(self, matches: Callable[[WatchEvent], bool]) -> "Future[None]":
        """Hold all watches from the first event on that `matches`, that one too; done as soon as it has come."""
        reached: Future[None] = Future()
        with self._lock:
            self._awaited = matches, reached
        return reached

    def answer_lists_as_of(self, resource_version: int) -> None:
        """Answer each list, the first time that it is asked for, with what was there then.

        To a process that is only then started this is a slow answer. So it is no fault that needs `stale_lists`' leave,
        unless the process that asked is said to have seen a later one.
        """
        with self._lock:
            self._lists_as_of, self._answered_as_of = resource_version, set()

    def expire(self, resource_version: int) -> None:
        """Let no event up to there pass any more: cut the watches that would show one, and answer them 410 Gone.

        A watch that is opened later and begins with what there is (`sendInitialEvents`) begins after that anyway.
        """
        with self._lock:
            self._limit, self._expired = None, resource_version
            self._to_be_cut, self._open = self._open, []
            self._let_go(lambda version: version <= resource_version, passes=False)
            self._let_go(lambda _: True, passes=True)

    def release(self) -> None:
        """Show all that there is, and all that comes."""
        with self._lock:
            self._limit = self._lists_as_of = self._awaited = None
            self._expired = _NOTHING
            self._let_go(lambda _: True, passes=True)

    # What the proxy asks.

    def request_action(self, info: RequestInfo) -> Respond | RewriteTarget | None:
        """What becomes of a request by it."""
        with self._lock:
            if info.verb == "watch":
                self._open.append(info)
                if info.watches_from.isdecimal() and int(info.watches_from) < self._expired:
                    return api_errors.watch_response(api_errors.resource_expired(info.watches_from))
            if self._shown is not None and stale_lists.oldest_allowed(info) is not None:
                self.lists_may_be_stale = True
            if info.verb == "list" and self._lists_as_of is not None:
                target = stale_lists.target_as_of(info, self._lists_as_of)
                if target not in self._answered_as_of:
                    self._answered_as_of.add(target)
                    return RewriteTarget(target)
        return None

    def event_actions(self, info: RequestInfo, line: bytes) -> Sequence[LineAction]:
        """What becomes of a line of a watch."""
        with self._lock:
            if not self._is_in_use():
                return ()
            event = _parse(info, line)
            if event is None:
                return ()
            if self._awaited and self._awaited[0](event):
                self._limit = event.resource_version - 1
                self._awaited[1].set_result(None)
                self._awaited = None
            if self._shown is not None and event.type in _SHOWN:
                self._shown.append(event)
            return self._actions(info, event.resource_version)

    def on_list(self, info: RequestInfo, body: bytes) -> None:
        """See a list that was answered."""
        with self._lock:
            if self._shown is not None:
                items = json.loads(body).get("items") or ()
                self._shown += [WatchEvent(info.resource, "LISTED", item) for item in items]

    def _is_in_use(self) -> bool:
        return self._shown is not None or self._limit is not None or self._awaited is not None or bool(self._expired)

    def _actions(self, info: RequestInfo, version: int) -> Sequence[LineAction]:
        if version <= self._expired and any(info is watch for watch in self._to_be_cut):
            return [Cut(0)]
        if self._limit is None or version <= self._limit:
            return ()
        passes: Future[bool] = Future()
        self._waiting.append((version, passes))
        return [Hold(passes)]

    def _let_go(self, which: Callable[[int], bool], *, passes: bool) -> None:
        still_waiting = []
        for version, future in self._waiting:
            if which(version):
                future.set_result(passes)
            else:
                still_waiting.append((version, future))
        self._waiting = still_waiting


def _parse(info: RequestInfo, line: bytes) -> WatchEvent | None:
    """The event, unless it is about no object: an ERROR has only a Status."""
    event = json.loads(line)
    if "resourceVersion" not in event["object"].get("metadata", {}):
        return None
    return WatchEvent(info.resource, event["type"], event["object"])
