"""Child processes that never outlive the one that started them.

Used by everything that runs a real server beside us: the control plane, Pebble, the operators under test. Which
programs run and with which flags is decided elsewhere.
"""

import ctypes
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def start(
    argv: Sequence[str | Path], *, log: Path, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own (a Ctrl-C in the terminal reaches only us), its output in `log`.

    On Linux the kernel kills it when the calling thread ends, however that ends.
    """
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(word) for word in argv],
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=killed_with_us(),
        )


def killed_with_us() -> Callable[[], None] | None:
    """Return a `preexec_fn` with which a child is killed when the calling thread ends, where the system can do that."""
    return functools.partial(die_with_parent, os.getpid()) if _libc else None


def die_with_parent(parent: int) -> None:
    """Ask the kernel, in a child of the process `parent`, for SIGKILL when that is gone (prctl(2))."""
    if _libc:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was gone before we asked
            os._exit(1)


def stop(processes: Iterable[subprocess.Popen[bytes]], *, grace: float) -> None:
    """End `processes` one after the other by SIGTERM; what is still there after `grace` seconds is killed."""
    for process in processes:
        process.terminate()
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def tail(log: Path, lines: int = 12) -> str:
    """The last `lines` lines of a log, or nothing if there is no log."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def ended(code: int) -> str:
    """How a process that is over ended, for people: `exit code 1`, `signal SIGKILL`."""
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
