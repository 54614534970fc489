"""The operator as a process under test, which starts in a tenth of the time.

It is forked from a process that has imported what operators are built on. Who wants to know what an operator costs that
is started as a user does, starts it by `workshop.workspace.operators`.
"""

import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path

from workshop.system import processes
from workshop.testing import stack_dump
from workshop.testing.multiprocessing_internals import use_temporary_directory
from workshop.testing.stack_dump import StackDump
from workshop.workspace import operators
from workshop.workspace.cluster import CHECKOUT, Cluster

OPERATOR = operators.OPERATORS["operator"]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["workshop.testing.operator_preload"])
_GRACE = 10.0  # seconds that an operator has to end
_ANSWER_LIMIT = 2.0  # seconds for a dump of its stacks


def prepare() -> None:
    """Have the process to fork from begin with its imports, before the first operator is wanted."""
    use_temporary_directory()
    forkserver.ensure_running()


class OperatorProcess:
    """A running operator, its output in the file `log`. Whoever starts it ends it.

    `root` is where its code lies, if not in this checkout; `module` is for one that is the operator and does something
    else besides.
    """

    def __init__(
        self, kubeconfig: Path, log: Path, *arguments: str, module: str = OPERATOR.module, root: Path | None = None
    ) -> None:
        self.log = log
        log.unlink(missing_ok=True)
        log.touch(mode=0o600)
        prepare()
        self._dumps, pipe = _context.Pipe(duplex=False)
        of_process = kubeconfig, log, module, arguments, pipe, root or CHECKOUT
        self._process = _context.Process(target=_operate, args=of_process)
        self._process.start()
        pipe.close()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or minus the signal that ended it; None as long as it runs."""
        return self._process.exitcode

    def output(self) -> str:
        """Return all that it has written so far."""
        return self.log.read_text(errors="replace")

    def stack_dump(self) -> StackDump | None:
        """Return where it is now, unless it has ended, or can't answer."""
        if not self.is_alive:
            return None
        with contextlib.suppress(EOFError):  # it has ended meanwhile
            while self._dumps.poll():
                self._dumps.recv_bytes()  # an answer that came too late
            self.send_signal(stack_dump.SIGNAL)
            if self._dumps.poll(_ANSWER_LIMIT):
                return StackDump.parse(self._dumps.recv_bytes())
        return None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process.pid
        os.kill(self._process.pid, number)

    def wait(self) -> int | None:
        """Wait until it ends by itself, and return its exit code; None: it doesn't within 10 seconds."""
        self._process.join(_GRACE)
        return self._process.exitcode

    def terminate(self) -> int | None:
        """End it by SIGTERM, and return its exit code; None: it had to be killed."""
        self._process.terminate()
        code = self.wait()
        self.kill()
        return code

    def kill(self) -> None:
        """End it by SIGKILL, in the middle of whatever it does."""
        self._process.kill()
        self._process.join()
        self._dumps.close()


@contextlib.contextmanager
def running(cluster: Cluster, *arguments: str) -> Iterator[OperatorProcess]:
    """The operator as its own service account, ended at the end of the `with` if it still runs then."""
    kubeconfig = operators.log_in(OPERATOR, cluster)
    process = OperatorProcess(kubeconfig, cluster.folder / f"{OPERATOR.name}.log", *arguments)
    try:
        yield process
    finally:
        process.terminate()


def _operate(
    kubeconfig: Path, log: Path, module: str, arguments: tuple[str, ...], dumps: Connection, root: Path
) -> None:
    """Be the operator, in the forked process."""
    _end_with_parent()
    stack_dump.send_on_signal(dumps, root)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is for the test run
    output = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.update(operators.environment_of(kubeconfig, log.parent))
    sys.path.insert(0, str(root))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    """End with the fork server, which ends with the test run; or now, if the test run has ended already."""
    processes.die_with_parent(os.getppid())
    test_run = multiprocessing.parent_process()
    assert test_run
    if not test_run.is_alive():
        os._exit(1)
