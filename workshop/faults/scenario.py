"""What a scenario is: what users do, the process under test, and how to see what came of it. Plain functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

OWN = "zz-marker-"  # so begin the names of markers


class Process(Protocol):
    """The process under test, running."""

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""

    def kill(self) -> None:
        """End it by SIGKILL, and return when it has ended."""


@dataclass(frozen=True)
class Scenario:
    """What users do while a process runs. Each run begins with nothing there, and ends by `clean_up`.

    `before` happens before `start`, which starts the process with a kubeconfig; then come the `steps`, each when the
    process has dealt with the last. A step is one request of a user's, since what lies between two steps is a state to
    be behind in, and what a step does is seen as a whole. One that raises AssertionError can't be done yet, say because
    a finalizer is still there: it is tried again.

    `settled` raises AssertionError as long as the process hasn't done all that is to be done, with what differs.
    `end` says what is there in the end, as data that can be compared: no uids, times or resourceVersions, no markers.

    `mark` creates an object of this name, about which the process makes a write when it gets to it, and which concerns
    nothing else; it returns its resourceVersion. `unmark` deletes it. By markers the process is seen to have dealt with
    what came before.

    `timing_matters` says that the end depends on how fast a right process is, as where something is deleted that would
    have been right a moment later. `within` is how many seconds it may take to settle.
    """

    name: str
    start: Callable[[Path], Process]
    settled: Callable[[], object]
    end: Callable[[], object]
    mark: Callable[[str], int]
    unmark: Callable[[str], object]
    clean_up: Callable[[], object]
    before: Sequence[Callable[[], object]] = ()
    steps: Sequence[Callable[[], object]] = ()
    timing_matters: bool = False
    within: float = 20
