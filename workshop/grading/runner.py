"""Where checks run one after the other: a control plane that stays as long as they leave it as they found it.

What the next run needs can be started before somebody asks for it.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from workshop.course.lesson import Lesson
from workshop.grading import checking
from workshop.grading.result import CheckResult, LessonResult
from workshop.grading.worker_process import WorkerProcess
from workshop.testing.control_plane import ControlPlane, running_control_plane


class Runner:
    """Runs checks one after the other. Whoever makes it closes it."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._plane: ControlPlane | None = None
        self._process: WorkerProcess | None = None

    def prepare(self, root: Path) -> None:
        """Have a process and a control plane wait for the next run, which is in the same folder."""
        self._process = self._process or WorkerProcess(root, ["workshop.grading.worker_preload"])
        self._plane = self._plane or self._stack.enter_context(running_control_plane())

    def check(self, root: Path, lesson: Lesson, hear: Callable[[CheckResult], None] = lambda _: None) -> LessonResult:
        """Run the checks of a lesson on what lies in `root`."""
        self._plane = self._plane or self._stack.enter_context(running_control_plane())
        process, self._process = self._process, None
        result = checking.check(root, lesson, self._plane, hear, process)
        if not result.ended_well:
            self.close()
        return result

    def close(self) -> None:
        """End what there is; the next run gets a fresh one."""
        if self._process:
            self._process.close()
        self._stack.close()
        self._plane = self._process = None
