"""Which of some processes run, and their names: zombies, that nobody has waited for yet, don't."""

import contextlib
from collections.abc import Iterable

import psutil


def running(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if _runs(process)]


def names(processes: Iterable[psutil.Process]) -> set[str]:
    """Of those that are still there."""
    found = set()
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            found.add(process.name())
    return found


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
