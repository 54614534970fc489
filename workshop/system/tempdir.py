"""Folders for what runs only as long as we do: a temporary control plane, a Pebble."""

import contextlib
import getpass
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from workshop.system import flock


def family() -> Path:
    """Where all of them are made."""
    return Path(tempfile.gettempdir()) / f"icecream-workshop-{getpass.getuser()}"


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """An empty folder for the user's eyes only; it goes at the end, or, if we are killed, when the next one is made."""
    family().mkdir(mode=0o700, exist_ok=True)
    with contextlib.ExitStack() as at_exit:
        with flock.hold(family() / "lock"):
            for alive in family().glob("*/alive"):
                if not flock.is_held(alive):
                    shutil.rmtree(alive.parent, ignore_errors=True)
            made = Path(tempfile.mkdtemp(dir=family()))
            at_exit.callback(shutil.rmtree, made, ignore_errors=True)
            at_exit.enter_context(flock.hold(made / "alive"))
        yield made
