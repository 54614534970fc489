"""Runs the checks of a lesson as a process of their own, and hears of each outcome as it comes.

Whatever a student's code does there (loop for ever, end the process, leave children behind), it ends in bounded time,
and a finding says so. How findings look is `report`'s business.
"""

import contextlib
import json
import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from workshop.course.lesson import Lesson
from workshop.grading.result import CheckResult, LessonResult
from workshop.grading.worker_process import WorkerProcess
from workshop.system import processes
from workshop.workspace.cluster import Cluster

CHECK_LIMIT = 30  # seconds for one check; pytest-timeout ends it, and says where it was
SILENCE_LIMIT = 45.0  # seconds without a word: it hangs where no signal reaches it, so we end it


def check(
    root: Path,
    lesson: Lesson,
    cluster: Cluster,
    hear: Callable[[CheckResult], None],
    process: WorkerProcess | None = None,
) -> LessonResult:
    """Run the checks of `lesson` on what lies in `root`, against a cluster without anything of the lessons in it.

    They run in `process`, where there is one that waits; it is closed at the end.
    """
    began = time.monotonic()
    heard = _Heard(hear)
    with contextlib.closing(process or WorkerProcess(root)) as process:
        if missing := [exercise.file for exercise in lesson.exercises if not (root / exercise.file).is_file()]:
            heard.miss(missing[0], lesson)
            return LessonResult(tuple(heard.findings), True, 0)
        process.run(lesson, cluster, CHECK_LIMIT)
        if not _listen(process.outcomes, heard):
            heard.hang()
        elif (code := process.wait()) not in _USUAL or not heard.done:
            heard.broke(f"they ended in the middle ({processes.ended(code)})\n{process.last_words()}".strip())
        return LessonResult(tuple(heard.findings), heard.done, time.monotonic() - began)


@dataclass
class _Heard:
    """The findings so far, which check is running, and whether all of them have run."""

    hear: Callable[[CheckResult], None]
    findings: list[CheckResult] = field(default_factory=list)
    running: str = ""
    done: bool = False

    def line(self, told: dict[str, Any]) -> None:
        kind = told.pop("kind")
        self.running = told["check"] if kind == "begun" else ""
        self.done = kind == "done"
        if kind == "ended":
            self._add(CheckResult(**told))
        elif kind == "broken":
            self._add(CheckResult(passed=False, **told))

    def miss(self, path: str, lesson: Lesson) -> None:
        look = (
            f"what you committed last: git restore {path}\n"
            f"from the beginning:      git checkout {lesson.start_tag} -- {path}"
        )
        self._add(CheckResult(path, False, "the file that you write in this lesson", "no such file", look))

    def hang(self) -> None:
        seen = f"nothing for {SILENCE_LIMIT:.0f} s: something loops or waits, and no signal reaches it. It was ended."
        self._add(CheckResult(self.running or "the checks", False, "an end", seen, "the code that you changed last"))

    def broke(self, why: str) -> None:
        look = "a call of sys.exit or os._exit in the code that you wrote" if self.running else ""
        self._add(CheckResult(self.running or "the checks", False, "the checks to run to their end", why, look))

    def _add(self, finding: CheckResult) -> None:
        self.findings.append(finding)
        self.hear(finding)


def _listen(descriptor: int, heard: _Heard) -> bool:
    """Hear all until the process closes its end; False if it stays silent for too long."""
    rest = b""
    while select.select([descriptor], [], [], SILENCE_LIMIT)[0]:
        chunk = os.read(descriptor, 65536)
        if not chunk:
            return True
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            heard.line(json.loads(line))
    return False


_USUAL = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)  # the last: not importable
