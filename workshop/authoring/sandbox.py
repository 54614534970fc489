"""Stage trees on disk, tried out: their checks, perhaps with something wrong put in, and their make targets."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workshop.course.git import Git
from workshop.course.lesson import Lesson
from workshop.grading.result import LessonResult
from workshop.grading.runner import Runner
from workshop.system import processes

_MAKE_LIMIT = 180.0  # seconds


@dataclass
class Trials:
    """Tries trees of `git`, all on one runner."""

    git: Git
    _bench: Runner = field(default_factory=Runner)

    def check(self, tree: str, lesson: Lesson, *, patch: str = "") -> LessonResult:
        """Run the checks of a lesson on a tree to which `patch`, a unified diff, was applied.

        Raises:
            GitError: the patch doesn't fit the tree.
        """
        with self.on_disk(tree) as folder:
            if patch:
                self.git.at(folder).run("apply", "-", stdin=patch)
            return self._bench.check(folder, lesson, lambda _: None)

    def make(self, tree: str, target: str) -> str:
        """Run a make target in a tree, with our Python packages, and return what is wrong, or nothing."""
        with self.on_disk(tree) as folder, tempfile.TemporaryDirectory(prefix="icecream-workshop-home-") as home:
            log = Path(home) / "make.log"
            workshop = f"WORKSHOP={sys.executable} -m workshop"
            process = processes.start(
                ["make", "--no-print-directory", "--old-file=.venv/ready", "--old-file=.venv/site", workshop, target],
                log=log,
                cwd=folder,
                env={**_not_made(), "QUICK": "1", "WORKSHOP_HOME": str(Path(home) / "workspace")},
            )
            try:
                process.wait(_MAKE_LIMIT)
            except subprocess.TimeoutExpired:
                return f"`make {target}` doesn't end"
            finally:
                processes.stop([process], grace=10)
            return "" if process.returncode == 0 else f"`make {target}` fails:\n{processes.tail(log, 30)}"

    def close(self) -> None:
        """End the control plane."""
        self._bench.close()

    @contextlib.contextmanager
    def on_disk(self, tree: str) -> Iterator[Path]:
        """The files of a tree, in a folder that goes at the end of the `with`."""
        with tempfile.TemporaryDirectory(prefix="icecream-workshop-stage-") as folder:
            self.git.check_out(tree, Path(folder))
            yield Path(folder).resolve()


def _not_made() -> dict[str, str]:
    """Our environment, without what tells a make that another one runs it: `make gates` runs us."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
