"""Runs coroutines of a student's code in the process of the checks, and finds out where they hang, if they do.

A limit of time alone would have to be a long one, names no line, and gets lost in an event loop that goes round.
"""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Coroutine, Iterator
from types import FrameType
from typing import Any

from workshop.testing import hang, stack_dump
from workshop.testing.failures import CheckFailedError, students_files
from workshop.testing.stack_dump import StackDump, StackDumper
from workshop.workspace.cluster import CHECKOUT

_EVERY = 0.1  # seconds between two dumps
_LIMIT = 35  # dumps of one coroutine: nothing is far away in the process of the checks


class _HangError(BaseException):
    """Ends what blocks; no `except Exception` in it may hold this up."""


class CoroutineRunner:
    """Runs one coroutine after the other. If one hangs, no further one is run: it would most likely hang too."""

    def __init__(self) -> None:
        self._written = students_files(CHECKOUT)
        self._dumper = StackDumper(CHECKOUT)
        self._dumps: list[StackDump] = []  # of all coroutines: each may block for less than would be sure
        self._began = 0
        self._hang: CheckFailedError | None = None

    def run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run it to its end.

        Raises:
            CheckFailedError: it hangs, or one before it did.
        """
        try:
            if self._hang is None:
                with self._dumping():
                    asyncio.run(coroutine)
        except (_HangError, asyncio.CancelledError):
            if self._hang is None:
                raise
        finally:
            coroutine.close()
        if self._hang:
            raise self._hang

    @contextlib.contextmanager
    def _dumping(self) -> Iterator[None]:
        """Take a dump again and again inside the `with`."""
        main, ended = threading.main_thread().ident, threading.Event()
        assert main

        def ask() -> None:
            while not ended.wait(_EVERY):
                signal.pthread_kill(main, stack_dump.SIGNAL)

        self._began = len(self._dumps)
        signal.signal(stack_dump.SIGNAL, self._look)
        asking = threading.Thread(target=ask)
        asking.start()
        try:
            yield
        finally:
            ended.set()
            asking.join()
            signal.signal(stack_dump.SIGNAL, signal.SIG_IGN)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        """End the coroutine if it hangs."""
        dump = self._dumper.dump(frame)
        self._dumps.append(dump)
        self._hang = self._hang or hang.hang(self._dumps, CHECKOUT, self._written) or self._waits_in_vain(dump)
        if self._hang:
            for task in stack_dump.waiting_tasks():
                task.get_loop().call_soon_threadsafe(task.cancel)
            if any(place.file in self._written for place in dump.thread):
                raise _HangError

    def _waits_in_vain(self, dump: StackDump) -> CheckFailedError | None:
        place = hang.place(dump, CHECKOUT, self._written)
        if not place or len(self._dumps) - self._began < _LIMIT:
            return None
        return CheckFailedError(
            expected="a reconcile that comes to an end", seen="it waits at this line, and nothing comes", look=place
        )
