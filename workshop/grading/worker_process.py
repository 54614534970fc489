"""The process in which the checks of a lesson run: pytest, in a session of its own, with a pipe for the events."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from workshop.course.lesson import Lesson
from workshop.grading import plugin, worker
from workshop.system import processes
from workshop.system.tempdir import temporary_directory
from workshop.workspace.cluster import Cluster

_ARGUMENTS = [
    "--override-ini=addopts=",
    "--strict-markers",
    "--import-mode=importlib",
    "-p",
    "workshop.grading.plugin",
    "-p",
    "no:cacheprovider",
    "-p",
    "no:hypothesispytest",  # a second of imports, and no lesson needs it
    "--timeout-method=signal",
    "--tb=short",
]


class WorkerProcess:
    """A process that waits until it is known which checks to run in the folder `root`, and imports `modules` meanwhile.

    `events` is where they can be read. Nothing of it outlives `close`.
    """

    def __init__(self, root: Path, modules: Sequence[str] = ()) -> None:
        self.events, writing = os.pipe()
        self._at_exit = contextlib.ExitStack()
        self._folder = self._at_exit.enter_context(temporary_directory())
        self._log = self._folder / "pytest.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, worker.__file__, *modules],
                cwd=root,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[writing],
                env={**os.environ, plugin.EVENTS: str(writing)},
                preexec_fn=processes.killed_with_us(),
            )
        os.close(writing)
        assert self._process.stdin
        self._stdin = self._process.stdin

    def run(self, lesson: Lesson, cluster: Cluster, limit: float) -> None:
        """Have it run the checks of `lesson`, each for at most `limit` seconds."""
        known = {"folder": cluster.folder, "kubeconfig": cluster.kubeconfig, "kubectl_path": cluster.kubectl_path}
        where = json.dumps({name: str(path) for name, path in known.items()})
        basetemp = self._folder / "basetemp"
        arguments = [*_ARGUMENTS, f"--timeout={limit}", f"--basetemp={basetemp}", lesson.folder]
        request = {"arguments": arguments, "environment": {plugin.CLUSTER: where}}
        with contextlib.suppress(BrokenPipeError), self._stdin:  # if it has ended, its end of the events says so
            self._stdin.write(json.dumps(request).encode() + b"\n")

    def wait(self) -> int:
        """Wait until it ends, and return its exit code, or minus the signal that ended it."""
        return self._process.wait()

    def last_words(self) -> str:
        """What it printed last."""
        return processes.tail(self._log, 5)

    def close(self) -> None:
        """End it, with whatever it left behind."""
        os.close(self.events)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._stdin.close()
        self._at_exit.close()
