"""Runs other programs: those that answer at once, and those that take minutes (pip, Go) and are never left behind."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from workshop.binaries.errors import SourceFailed
from workshop.binaries.reporter import Reporter
from workshop.system import processes

TIME_LIMIT = 10.0  # seconds, for an answer
GRACE = 10.0  # seconds, for what was interrupted


def output(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, time_limit: float = TIME_LIMIT
) -> str | None:
    """What a command prints; None where it can't be run, fails, or takes longer than `time_limit` seconds.

    It runs in `/`, so no settings of a project (a go.mod, a .tool-versions) change what it says.
    """
    try:
        done = subprocess.run(
            command, cwd="/", env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=time_limit, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace")


def run_long(command: Sequence[str | Path], what: str, log: Path, report: Reporter, env: Mapping[str, str]) -> None:
    """Run a command to its end, its output in `log`; it is ended if this call is left in any other way.

    Raises:
        SourceFailed: it failed; with the last lines of its output.
    """
    with report.working(what) as tick:
        child = processes.start(command, log=log, env=env)
        try:
            while child.poll() is None:
                tick()
                _wait(child, 1)
        finally:
            _end(child)
    if child.returncode:
        lines = "".join(f"\n    {line}" for line in processes.tail(log).splitlines())
        how = processes.ended(child.returncode)
        raise SourceFailed(f"{Path(command[0]).name} ended with {how}; its last lines:{lines}")


def _end(child: subprocess.Popen[bytes]) -> None:
    """Interrupt the child's whole session, so that it cleans up after itself; kill it if it doesn't."""
    for signum in (signal.SIGINT, signal.SIGKILL):
        if child.poll() is None:
            os.killpg(child.pid, signum)
            _wait(child, GRACE)


def _wait(child: subprocess.Popen[bytes], seconds: float) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(seconds)
