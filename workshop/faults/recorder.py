"""Writes down what the process under test is shown in an unharmed run, step by step, with what each event changed."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from workshop.faults.points import START, Record, Recorded
from workshop.faults.scenario import OWN
from workshop.faults.view import WatchEvent


class Recorder:
    """Takes in what was shown in each step, in their order."""

    def __init__(self) -> None:
        self._events: list[Recorded] = []
        self._objects: dict[str, dict[str, Any] | None] = {}
        self._versions: dict[str, int] = {}
        self._at_once: set[int] = set()
        self._steps = 0

    def begin(self, shown: Iterable[WatchEvent]) -> None:
        """Take in what was shown from the process's start to the first step."""
        self._take_in(START, 0, shown)

    def step(self, step: int, by_user_up_to: int, shown: Iterable[WatchEvent]) -> None:
        """Take in a step. What is not newer than the resourceVersion `by_user_up_to` was caused by the user.

        That is 0 for a step that had to be tried again: nobody knows.
        """
        self._steps += 1
        if by_user_up_to:
            self._at_once.add(step)
        self._take_in(step, by_user_up_to, shown)

    def record(self, writes: Iterable[str], *, lists_may_be_stale: bool) -> Record:
        """Return the whole."""
        return Record(self._steps, list(writes), self._events, frozenset(self._at_once), lists_may_be_stale)

    def _take_in(self, step: int, by_user_up_to: int, shown: Iterable[WatchEvent]) -> None:
        occurrences: Counter[str] = Counter()
        for event in shown:
            version = event.resource_version
            if OWN in event.key or version <= self._versions.get(event.key, 0):
                continue  # a marker, or shown again by another watch
            before, after = self._objects.get(event.key), None if event.type == "DELETED" else event.object
            self._versions[event.key], self._objects[event.key] = version, after
            if event.type == "LISTED":
                continue
            occurrences[str(event)] += 1
            by_user, occurrence = version <= by_user_up_to, occurrences[str(event)]
            self._events.append(Recorded(step, by_user, event, occurrence, before, after))
