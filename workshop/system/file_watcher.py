"""Notices when a file is saved. Python has no portable way to be told, so it looks, five times a second."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

_Snapshot: TypeAlias = dict[Path, tuple[int, int]]  # time of the last change in ns, and size
_INTERVAL = 0.2  # seconds


def saves(paths: Iterable[Path]) -> Iterator[None]:
    """Yield each time after one of the files has changed, appeared or gone since the last yield, or since this call."""
    watched = list(paths)
    return _changes(watched, _snapshot(watched))


def _changes(watched: list[Path], before: _Snapshot) -> Iterator[None]:
    while True:
        time.sleep(_INTERVAL)
        now = _snapshot(watched)
        if now != before:
            before = now
            yield


def _snapshot(paths: Iterable[Path]) -> _Snapshot:
    snapshot = {}
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        snapshot[path] = (stat.st_mtime_ns, stat.st_size)
    return snapshot
