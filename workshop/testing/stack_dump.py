"""Where an operator under test is just now: it writes that down itself, when a signal asks for it.

The signal's handler runs in the main thread, also while that sleeps, or loops. Only frames of files of the checkout are
kept, the outermost first. What dumps mean is decided in `hang`.
"""

import asyncio
import itertools
import json
import resource
import signal
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

SIGNAL = signal.SIGUSR1


@dataclass(frozen=True)
class Frame:
    """A line of a file in the checkout.

    Each call of a coroutine has a number: `call` is this one's, `awaits` that of the one which it waits for.
    """

    file: str
    line: int
    function: str
    call: int = 0
    awaits: int = 0


@dataclass(frozen=True)
class StackDump:
    """The stack of the main thread, and of each asyncio task by its name; the one that runs is in the main thread's.

    `cpu` is in seconds, and `waits` counts how often the process has given up the CPU of itself, since it began.
    `running` is the name of the task that runs, empty if none does.
    """

    thread: tuple[Frame, ...]
    tasks: dict[str, tuple[Frame, ...]]
    cpu: float
    waits: int
    running: str = ""

    @classmethod
    def parse(cls, text: bytes) -> "StackDump":
        """Read what the operator has sent."""
        fields = json.loads(text)
        tasks = {name: _frames(frames) for name, frames in fields["tasks"].items()}
        return cls(_frames(fields["thread"]), tasks, fields["cpu"], fields["waits"], fields["running"])


class StackDumper:
    """Takes dumps of this process. `root` is the checkout."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._calls: WeakKeyDictionary[Any, int] = WeakKeyDictionary()  # addresses come back, and with them ids
        self._next_call = itertools.count(1)

    def dump(self, frame: FrameType | None) -> StackDump:
        """Return where it is, in the handler of a signal, which has interrupted `frame`."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        thread = [Frame(f.f_code.co_filename, line, f.f_code.co_name) for f, line in traceback.walk_stack(frame)]
        return StackDump(
            self._inside(reversed(thread)),
            {task.get_name(): self._inside(self._coroutines(task)) for task in waiting_tasks()},
            usage.ru_utime + usage.ru_stime,
            usage.ru_nvcsw,
            running.get_name() if (running := running_task()) else "",
        )

    def _coroutines(self, task: "asyncio.Task[Any]") -> Iterator[Frame]:
        """The coroutines that wait for each other, the outermost first."""
        coroutine: Any = task.get_coro()
        while frame := getattr(coroutine, "cr_frame", None):
            awaited = coroutine.cr_await
            code = frame.f_code
            yield Frame(code.co_filename, frame.f_lineno, code.co_name, self._call(coroutine), self._call(awaited))
            coroutine = awaited

    def _call(self, awaited: object) -> int:
        try:
            return self._calls.setdefault(awaited, next(self._next_call))
        except TypeError:  # what can't be referred to weakly is no coroutine
            return 0

    def _inside(self, frames: Iterable[Frame]) -> tuple[Frame, ...]:
        house, installed = f"{self._root}/", f"{self._root}/.venv/"
        return tuple(
            replace(frame, file=frame.file.removeprefix(house))
            for frame in frames
            if frame.file.startswith(house) and not frame.file.startswith(installed)
        )


def send_on_signal(pipe: Connection, root: Path) -> None:
    """Have this process send a dump through `pipe` whenever the signal comes."""
    dumper = StackDumper(root)
    signal.signal(SIGNAL, lambda _, frame: pipe.send_bytes(json.dumps(asdict(dumper.dump(frame))).encode()))


def waiting_tasks() -> "set[asyncio.Task[Any]]":
    """Return the tasks of the event loop that runs, if one does, but for the one that runs."""
    try:
        return {task for task in asyncio.all_tasks() if task is not running_task()}
    except RuntimeError:  # there is no event loop yet
        return set()


def running_task() -> "asyncio.Task[Any] | None":
    """Return the task of the event loop that runs, if one does."""
    try:
        return asyncio.current_task()
    except RuntimeError:  # there is no event loop yet
        return None


def _frames(fields: list[dict[str, Any]]) -> tuple[Frame, ...]:
    return tuple(Frame(**frame) for frame in fields)
