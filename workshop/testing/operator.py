"""An operator as a process, as its own service account, its output in a file that a test can read."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop.system import processes
from workshop.workspace import operators
from workshop.workspace.cluster import Cluster

_GRACE = 10.0  # seconds that an operator has to end after SIGTERM


@dataclass(frozen=True)
class OperatorProcess:
    """A running operator."""

    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors="replace")

    def terminate(self) -> int:
        """End it by SIGTERM and return its exit code."""
        processes.stop([self.process], grace=_GRACE)
        return self.process.returncode


@contextlib.contextmanager
def running(cluster: Cluster, *arguments: str, name: str = "operator") -> Iterator[OperatorProcess]:
    """The operator `name`, started with `arguments`, ended at the end of the `with` if it still runs then."""
    operator = operators.OPERATORS[name]
    kubeconfig = operators.log_in(operator, cluster)
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig), "PYTHONUNBUFFERED": "1"}
    log = cluster.folder / f"{name}.log"
    process = processes.start(operators.command(operator, *arguments), log=log, env=environment)
    try:
        yield OperatorProcess(process, log)
    finally:
        processes.stop([process], grace=_GRACE)
