"""Operators that start in a tenth of the time: forked from a process that has imported what they are built on.

Each is a process of its own, which a check may kill. `workshop.testing.operator` starts them as a user does.
"""

import multiprocessing
import os
import runpy
import signal
import sys
from multiprocessing import forkserver
from pathlib import Path

from workshop.system import processes
from workshop.workspace import operators

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["workshop.testing.operator_preload"])
_GRACE = 10.0  # seconds that an operator has to end


def prepare() -> None:
    """Have the process to fork from begin with its imports, before the first operator is wanted."""
    forkserver.ensure_running()


class ForkedOperator:
    """A running operator. Whoever starts it ends it, by `kill` or `terminate`."""

    def __init__(self, kubeconfig: Path, log: Path, *arguments: str) -> None:
        self.log = log
        log.touch(mode=0o600)
        self._process = _context.Process(target=_operate, args=(kubeconfig, log, arguments))
        self._process.start()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    @property
    def code(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None as long as it runs."""
        return self._process.exitcode

    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """End it by SIGKILL, in the middle of whatever it does."""
        self._process.kill()
        self._process.join()

    def ended(self) -> int | None:
        """Wait until it ends by itself, and return its exit code; None: it doesn't."""
        self._process.join(_GRACE)
        return self._process.exitcode

    def terminate(self) -> int | None:
        """End it by SIGTERM, and return its exit code; None: it had to be killed."""
        self._process.terminate()
        code = self.ended()
        self.kill()
        return code


def _operate(kubeconfig: Path, log: Path, arguments: tuple[str, ...]) -> None:
    processes.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is for the test run
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    operator = operators.OPERATORS["operator"]
    sys.argv = [operator.module, f"--kubeconfig={kubeconfig}", *arguments]
    runpy.run_module(operator.module, run_name="__main__", alter_sys=True)
