"""Operators that start in a tenth of the time: forked from a process that has imported theirs, and nothing else.

Each is a process of its own, which a test may kill. `workshop.checks.operator` starts them as a user does.
"""

import multiprocessing
import os
import signal
import sys
from pathlib import Path

from workshop import processes

_forkserver = multiprocessing.get_context("forkserver")
_forkserver.set_forkserver_preload(["icecream_operator.__main__"])
_GRACE = 10.0  # seconds that an operator has to end


class ForkedOperator:
    """A running operator. Whoever starts it ends it, by `kill` or `terminate`."""

    def __init__(self, kubeconfig: Path, log: Path, *arguments: str) -> None:
        self.log = log
        log.touch(mode=0o600)
        self._process = _forkserver.Process(target=_operate, args=(kubeconfig, log, arguments))
        self._process.start()

    @property
    def runs(self) -> bool:
        return self._process.is_alive()

    def output(self) -> str:
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
    sys.argv = ["icecream_operator", f"--kubeconfig={kubeconfig}", *arguments]
    from icecream_operator.__main__ import main  # the fork server has it already

    sys.exit(main())
