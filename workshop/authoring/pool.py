"""Does many things that know nothing of each other, some at a time, each worker with a tool of its own.

Workers are processes: a Ctrl-C in the terminal reaches each of them, and what they have started ends with them.
"""

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from workshop.system import processes

Tool = TypeVar("Tool")
Outcome = TypeVar("Outcome")

_context = multiprocessing.get_context("spawn")
_taken: Any  # in a worker: how many jobs have been taken by all of them


def do(
    jobs: Sequence[Callable[[Tool], Outcome]], tool: Callable[[], AbstractContextManager[Tool]], workers: int
) -> list[Outcome]:
    """Call each of `jobs` with a tool, and return what they return, in their order.

    A worker makes its tool once. More workers than one are processes, to which everything is pickled. When a job raises
    something, which is raised here too, those that have begun come to their end, and no other one begins.
    """
    if workers == 1:
        with tool() as ours:
            return [job(ours) for job in jobs]
    taken = _context.Value("i", 0)
    outcomes: dict[int, Outcome] = {}
    with ProcessPoolExecutor(workers, _context, _begin, (taken,)) as pool:
        try:
            for share in as_completed([pool.submit(_work, jobs, tool) for _ in range(workers)]):
                outcomes |= share.result()
        finally:
            taken.value = len(jobs)
    return [outcomes[number] for number in range(len(jobs))]


def _begin(taken: Any) -> None:
    global _taken  # what is shared can't be an argument of a call, only of the process
    _taken = taken
    parent = multiprocessing.parent_process()
    assert parent
    assert parent.pid
    processes.die_with_parent(parent.pid)


def _work(
    jobs: Sequence[Callable[[Tool], Outcome]], tool: Callable[[], AbstractContextManager[Tool]]
) -> dict[int, Outcome]:
    done = {}
    with tool() as ours:
        while (number := _take()) < len(jobs):
            done[number] = jobs[number](ours)
    return done


def _take() -> int:
    with _taken.get_lock():
        _taken.value += 1
        return int(_taken.value) - 1
