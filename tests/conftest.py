"""How a test run ends early: by Ctrl-C, also where the shell ignores it for background jobs, or by SIGTERM, cleanly.

What the tests start is started as a person would: no make that they run knows of the `make test` that runs them. And a
worker of pytest-xdist ends with the process that started it.
"""

import os
import signal

import pytest

from workshop.system import processes

from .made_up_course import clone, folder

__all__ = ["clone", "folder"]  # fixtures

for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ARGS", "QUICK"):
    os.environ.pop(name, None)

for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        processes.die_with_parent(os.getppid())
