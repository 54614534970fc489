"""Whether an operator hangs: by a line in a student's file that blocks its event loop, or that it never gets past.

Decided from dumps of its stacks, and not from how long something takes: a slow machine does the same as a fast one
between two dumps, or less.
"""

import linecache
from collections.abc import Collection, Sequence
from itertools import pairwise, takewhile
from pathlib import Path

from workshop.testing.failures import CheckFailedError
from workshop.testing.stack_dump import Frame, StackDump

ENOUGH = 20  # dumps that agree; a reconcile waits less often than that, and an event takes less CPU than this:
CPU_LIMIT = 1.0  # seconds


def hang(dumps: Sequence[StackDump], root: Path, written: Collection[str]) -> CheckFailedError | None:
    """Return where the operator hangs, if the last of `dumps` leave no doubt that it does.

    `written` are the paths in the checkout `root` that students write.
    """
    if frame := _blocking(dumps, written):
        return CheckFailedError(
            expected="the event loop to be left to the others: whoever has to wait does so by await",
            seen="the operator blocks its event loop: at each look it is at this line, and does nothing else",
            look=_line(frame, root),
        )
    if frame := next(filter(None, (_endless(dumps, task, written) for task in dumps[-1].tasks)), None):
        return CheckFailedError(
            expected="a reconcile that comes to an end",
            seen="the operator comes back to this line again and again, and never gets past it",
            look=_line(frame, root),
        )
    return None


def place(dump: StackDump, root: Path, written: Collection[str]) -> str:
    """Return a line in a file that students write in which the operator is, or waits, or nothing."""
    stacks = (dump.thread, *dump.tasks.values())
    return next((_line(frame, root) for frames in stacks if (frame := _innermost(frames, written))), "")


def _blocking(dumps: Sequence[StackDump], written: Collection[str]) -> Frame | None:
    """The line at which the main thread has been in all of the last dumps, while it used the CPU, or slept."""
    last = _innermost(dumps[-1].thread, written)
    if last is None:
        return None

    def is_there(dump: StackDump) -> bool:
        frame = _innermost(dump.thread, written)
        return frame is not None and (frame.file, frame.function) == (last.file, last.function)

    run = list(takewhile(is_there, reversed(dumps)))
    alone = len({dump.running for dump in run}) == 1  # tasks that take turns leave the event loop to each other
    worked = alone and dumps[-1].cpu - run[-1].cpu >= CPU_LIMIT
    slept = dumps[-1].waits - run[-1].waits >= len(run) - 1
    return last if len(run) >= ENOUGH and (worked or slept) else None


def _endless(dumps: Sequence[StackDump], task: str, written: Collection[str]) -> Frame | None:
    """The line at which one and the same call has waited in all of the last dumps, each time for something new."""
    seen = [frame for dump in dumps if (frame := _innermost(dump.tasks.get(task, ()), written))]
    agreeing = takewhile(lambda pair: _came_back(*pair), pairwise(reversed(seen)))
    return seen[-1] if len(list(agreeing)) >= ENOUGH - 1 else None


def _came_back(later: Frame, earlier: Frame) -> bool:
    return later.call == earlier.call and later.awaits != earlier.awaits


def _innermost(frames: Sequence[Frame], written: Collection[str]) -> Frame | None:
    return next((frame for frame in reversed(frames) if frame.file in written), None)


def _line(frame: Frame, root: Path) -> str:
    text = linecache.getline(str(root / frame.file), frame.line).strip()
    return f"{frame.file}, line {frame.line}, in {frame.function}: {text}"
