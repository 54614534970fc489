"""The pytest plugin of a lesson's checks: the cluster they run against, and an event for whatever becomes of each.

`worker_process` starts pytest with this plugin and says by two variables of the environment where the control plane is
and where events go. Without them, under plain pytest, checks get a control plane of their own.
"""

import contextlib
import inspect
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import IO, Any

import pytest

from workshop.grading.result import CheckResult, Collected, Event, Finished, Started, to_line
from workshop.testing.failures import NotRunError, PreconditionError, broken_file, explain, students_files
from workshop.workspace.cluster import Cluster

CLUSTER = "WORKSHOP_CHECKS_CLUSTER"  # a running cluster: the fields of Cluster as a JSON object
EVENTS = "WORKSHOP_CHECKS_EVENTS"  # a file descriptor to which events are written
_OUTPUT = 1000  # characters of what the code printed, at most
_CALLS_LIMIT = 5.0  # seconds for a check that uses no fixture: it calls functions, which takes milliseconds
_NOT_RUN = "The checks that follow were not run: they may need the same."
_STACKS = "+" * 20  # with which pytest-timeout begins to print the stacks of all threads


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A control plane without anything of the lessons in it. A check leaves it as it found it."""
    if running := os.environ.get(CLUSTER):
        yield Cluster(**{field: Path(value) for field, value in json.loads(running).items()})
    else:
        from workshop.testing.control_plane import (
            running_control_plane,  # a third of a second, for nothing in `workshop check`
        )

        with running_control_plane() as started:
            yield started


def pytest_configure(config: pytest.Config) -> None:
    """Write events, if somebody reads them."""
    if descriptor := os.environ.get(EVENTS):
        limit: float = config.getoption("timeout")
        config.pluginmanager.register(_EventWriter(os.fdopen(int(descriptor), "w"), config.rootpath, limit))


class ImportLimitError(BaseException):
    """A module didn't come to an end; no `except Exception` in it may hold this up."""


class _EventWriter:
    """Writes what becomes of each check."""

    def __init__(self, out: IO[str], root: Path, limit: float) -> None:
        self._out = out
        self._root = root
        self._limit = limit
        self._written = students_files(root)

    def pytest_itemcollected(self, item: pytest.Item) -> None:
        if isinstance(item, pytest.Function) and not inspect.signature(item.function).parameters:
            item.add_marker(pytest.mark.timeout(min(self._limit, _CALLS_LIMIT), func_only=True))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._write(Collected(len(session.items)))

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._write(Started(nodeid.rpartition("::")[2]))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self) -> Any:
        with _limited(self._limit):
            return (yield)

    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any]) -> None:
        if call.excinfo and isinstance(node, pytest.Collector):
            error: BaseException = call.excinfo.value
            if isinstance(error, pytest.Collector.CollectError):
                error = error.__cause__ or error  # pytest's own says that it failed, not why
            check = broken_file(error, self._root, self._written) or node.name
            self._write(CheckResult(check, explain(error, self._root, self._written)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        report: pytest.TestReport = yield
        if call.excinfo and isinstance(call.excinfo.value, NotRunError):
            item.session.shouldfail = str(call.excinfo.value)
        elif call.excinfo:
            error, output = call.excinfo.value, report.capstdout
            failure = explain(error, self._root, self._written)
            if isinstance(error, pytest.fail.Exception) and "pytest-timeout" in str(error):
                seen = f"none after {call.duration:.0f} s. {_NOT_RUN}"
                failure = replace(failure, expected="an end", seen=seen, own=True)
                output = output.partition(_STACKS)[0]
                item.session.shouldfail = "a check has reached its limit"
            check = item.name
            if isinstance(error, PreconditionError):
                check, item.session.shouldfail = error.subject, "no check can run"
            self._write(CheckResult(check, failure, output[-_OUTPUT:]))
        elif call.when == "call":
            self._write(CheckResult(item.name))
        return report

    def pytest_sessionfinish(self) -> None:
        self._write(Finished())

    def _write(self, event: Event) -> None:
        self._out.write(to_line(event))
        self._out.flush()


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Raise ImportLimitError inside the `with` if it takes longer; pytest-timeout begins only after imports."""

    def over(_number: int, _frame: FrameType | None) -> None:
        raise ImportLimitError(f"no end of importing it after {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
