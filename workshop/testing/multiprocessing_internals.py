"""What multiprocessing keeps to itself, and we use all the same: nobody else here names its private parts.

Each has a test that fails when a new Python has no such part, or does something else with it.
"""

import atexit
import contextlib
import multiprocessing
import os

from workshop.system.tempdir import temporary_directory

_LONGEST_FOLDER = 103 - len("/listener-12345678")  # of a socket's path, without its NUL: unix(4) of macOS


def use_temporary_directory() -> None:
    """Have the fork server's socket in a directory that doesn't stay for ever when we are killed, as Python's own does.

    Where the path of that is too long for a socket, Python's own is used.
    """
    config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
    if "tempdir" in config:
        return
    at_exit = contextlib.ExitStack()
    folder = at_exit.enter_context(temporary_directory())
    if len(os.fsencode(folder)) > _LONGEST_FOLDER:
        at_exit.close()
        return
    atexit.register(at_exit.close)
    config["tempdir"] = str(folder)
