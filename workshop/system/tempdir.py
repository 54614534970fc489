"""Temporary directories that don't stay for ever when we are killed, as those of `tempfile` do."""

import contextlib
import getpass
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workshop.system import flock


def base_directory() -> Path:
    """Where all of them are made."""
    return Path(tempfile.gettempdir()) / f"icecream-workshop-{getpass.getuser()}"


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """An empty directory for the user alone; it goes at the end, or, if we are killed, when another begins or ends."""
    base = base_directory()
    base.mkdir(mode=0o700, exist_ok=True)
    with contextlib.ExitStack() as at_exit:
        with flock.hold(base / "lock"):
            _remove_left(base)
            made = Path(tempfile.mkdtemp(dir=base)).resolve()
            lock = made.with_suffix(".lock")
            at_exit.callback(_end, lock)
            at_exit.enter_context(flock.hold(lock))
        yield made


def _end(lock: Path) -> None:
    with flock.hold(lock.parent / "lock"):
        _remove(lock)
        _remove_left(lock.parent)


def _remove_left(base: Path) -> None:
    """Remove what those have left that were killed."""
    for lock in base.glob("*.lock"):
        if not flock.is_held(lock):
            _remove(lock)


def _remove(lock: Path) -> None:
    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    lock.unlink(missing_ok=True)
