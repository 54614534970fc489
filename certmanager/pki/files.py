"""Files that are whole or not there: keys, certificates, and what a program must find again after a crash.

Imports nothing but the standard library, so that a process that has to stay small may use it. Making the folder, and
who may look into that, is the caller's business.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


def write_atomically(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put a file with `data` at `path`; whoever reads there, also after a crash, finds the old or the new one whole.

    `mode` are its permissions, from the first byte on. Several writers at once take turns, by a lock (flock(2)) on the
    draft beside it, `NAME.new`; the draft of a writer that was killed is used again by the next.

    Raises:
        OSError: the file can't be written; what was there before still is.
    """
    draft = path.with_name(f"{path.name}.new")
    with _locked(draft) as descriptor:
        try:
            os.ftruncate(descriptor, 0)
            os.fchmod(descriptor, mode)
            with os.fdopen(descriptor, "wb", closefd=False) as file:
                file.write(data)
            os.fsync(descriptor)
            draft.replace(path)
        except OSError:
            draft.unlink()
            raise
    _sync_folder(path.parent)


@contextlib.contextmanager
def _locked(draft: Path) -> Iterator[int]:
    """The draft's descriptor inside the `with`, ours alone."""
    while True:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _is_at(draft, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still at `path`: the writer before us has renamed it away while we waited."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
