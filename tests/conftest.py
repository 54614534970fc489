"""How a test run ends early: by Ctrl-C, also where the shell ignores it for background jobs, or by SIGTERM, cleanly.

What the tests start is started as a person would: no make that they run knows of the `make test` that runs them. And a
worker of pytest-xdist ends with the process that started it.
"""

import os
import signal
from collections.abc import Callable

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


FIGURE = "the operator in figures"


@pytest.fixture
def report_figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a figure shown at the end of the test run."""
    return lambda text: record_property(FIGURE, text)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures, also those of the workers of pytest-xdist: reports bring them."""
    reports = [report for report in terminalreporter.getreports("passed") if report.when == "call"]
    figures = [text for report in reports for name, text in report.user_properties if name == FIGURE]
    if figures:
        terminalreporter.section(FIGURE)
        for text in figures:
            terminalreporter.write_line(text)
