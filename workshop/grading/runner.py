"""Runs the checks of a lesson in a process of their own, on a control plane that stays as long as they leave it so.

Whatever a student's code does there (loop for ever, end the process, leave children behind), it ends in bounded time,
and a result says so. How results look is `report`'s business.
"""

import contextlib
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, assert_never

import pytest

from workshop.course.lesson import Lesson
from workshop.grading.result import (
    CheckResult,
    Collected,
    Event,
    Finished,
    LessonResult,
    Started,
    Waiting,
    from_line,
)
from workshop.grading.worker_process import WorkerProcess
from workshop.system import processes
from workshop.testing.control_plane import running_control_plane
from workshop.testing.failures import Explanation
from workshop.workspace.cluster import Cluster

CHECK_LIMIT = 30  # seconds for one check; pytest-timeout ends it, and says where it was
SILENCE_LIMIT = 45.0  # seconds without an event: it hangs where no signal reaches it, so we end it
Listener: TypeAlias = Callable[[Event | Waiting], None]
_TICK = 1.0  # seconds after which a listener hears that nothing has come
_USUAL = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)  # the last: not importable


class Runner:
    """Runs the checks of one lesson after the other. Whoever makes it closes it.

    `control_plane` makes a cluster without anything of the lessons in it; limits are in seconds.
    """

    def __init__(
        self,
        control_plane: Callable[[], AbstractContextManager[Cluster]] = running_control_plane,
        check_limit: float = CHECK_LIMIT,
        silence_limit: float = SILENCE_LIMIT,
    ) -> None:
        self._control_plane = control_plane
        self._check_limit = check_limit
        self._silence_limit = silence_limit
        self._stack = ExitStack()
        self._cluster: Cluster | None = None
        self._process: WorkerProcess | None = None

    def prepare(self, root: Path) -> None:
        """Have a process and a control plane wait for the next run, which is in the same folder."""
        self._process = self._process or WorkerProcess(root, ["workshop.grading.worker_preload"])
        self._cluster = self._cluster or self._stack.enter_context(self._control_plane())

    def check(self, root: Path, lesson: Lesson, listener: Listener = lambda _: None) -> LessonResult:
        """Run the checks of `lesson` on what lies in `root`, and give each event to `listener` as it comes."""
        session = _Session(listener)
        if missing := [exercise.file for exercise in lesson.exercises if not (root / exercise.file).is_file()]:
            session.receive(_missing(missing[0], lesson))
            session.receive(Finished())
            return session.result()
        self._cluster = self._cluster or self._stack.enter_context(self._control_plane())
        process, self._process = self._process or WorkerProcess(root), None
        with contextlib.closing(process):
            process.run(lesson, self._cluster, self._check_limit)
            session.follow(process, self._silence_limit)
        if not session.finished:
            self.close()
        return session.result()

    def close(self) -> None:
        """End what there is; the next run gets a fresh one."""
        if self._process:
            self._process.close()
        self._stack.close()
        self._cluster = self._process = None


@dataclass
class _Session:
    """What has been received so far of one run."""

    listener: Listener
    results: list[CheckResult] = field(default_factory=list)
    checks: int = 0
    run: int = 0
    running: str = ""
    finished: bool = False
    began: float = field(default_factory=time.monotonic)

    def follow(self, process: WorkerProcess, silence_limit: float) -> None:
        """Receive what a process says until it ends, and why it didn't come to its end, if it didn't."""
        try:
            for line in _lines(process.events, silence_limit, self._wait):
                self.receive(from_line(line))
        except TimeoutError:
            seen = f"nothing for {silence_limit:g} s: something loops or waits, and no signal reaches it. It was ended."
            self._fail(Explanation("an end", seen, "the code that you changed last"))
            return
        if (code := process.wait()) not in _USUAL or not self.finished:
            seen = f"they ended in the middle ({processes.ended(code)})\n{process.last_words()}".strip()
            look = "a call of sys.exit or os._exit in the code that you wrote" if self.running else ""
            self._fail(Explanation("the checks to run to their end", seen, look))

    def _wait(self, seconds: float) -> None:
        self.listener(Waiting(self.running, round(seconds)))

    def receive(self, event: Event) -> None:
        match event:
            case Collected():
                self.checks = event.checks
            case Started():
                self.running = event.check
            case CheckResult():
                self.run += event.check == self.running
                self.running = ""
                self.results.append(event)
            case Finished():
                self.finished = True
            case _:
                assert_never(event)
        self.listener(event)

    def result(self) -> LessonResult:
        seconds = time.monotonic() - self.began
        return LessonResult(tuple(self.results), self.checks, self.run, self.finished, seconds)

    def _fail(self, failure: Explanation) -> None:
        self.receive(CheckResult(self.running or "the checks", failure))


def _lines(descriptor: int, silence_limit: float, wait: Callable[[float], None]) -> Iterator[bytes]:
    """Yield lines until the other end is closed; meanwhile `wait` is told for how many seconds nothing has come.

    Raises:
        TimeoutError: nothing came for so long.
    """
    rest, last = b"", time.monotonic()
    while (silence := time.monotonic() - last) < silence_limit:
        if not select.select([descriptor], [], [], min(_TICK, silence_limit - silence))[0]:
            wait(time.monotonic() - last)
            continue
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        last = time.monotonic()
    raise TimeoutError


def _missing(path: str, lesson: Lesson) -> CheckResult:
    last, first = f"git restore {path}", f"git checkout {lesson.start_tag} -- {path}"
    look = f"what you committed last: {last}\nfrom the beginning:      {first}"
    return CheckResult(path, Explanation("the file that you write in this lesson", "no such file", look))
