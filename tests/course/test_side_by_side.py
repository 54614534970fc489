"""Jobs side by side: outcomes in the order of the jobs, and an end of all of it when one fails or we are stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from workshop.authoring import pool
from workshop.system.polling import eventually

WORKERS = 2


@contextlib.contextmanager
def tool(folder: Path) -> Iterator[Path]:
    """A file named as the process that made it, gone at the end."""
    mine = folder / str(os.getpid())
    mine.touch()
    try:
        yield mine
    finally:
        mine.unlink()


def square(number: int, mine: Path) -> tuple[int, str]:
    assert mine.exists()
    return number * number, mine.name


def meet(name: str, mine: Path) -> str:
    """Come to an end only when the other one is there too."""
    mine.with_name(name).touch()
    others = {"here", "there"} - {name}
    while not all(mine.with_name(other).exists() for other in others):
        time.sleep(0.01)
    return name


def fail(mine: Path) -> None:
    raise ValueError(mine.name)


def leave_a_mark(number: int, mine: Path) -> None:
    mine.with_name(f"mark-{number}").touch()


@pytest.mark.parametrize("workers", [1, WORKERS])
def test_outcomes_come_in_the_order_of_the_jobs_each_with_its_workers_tool(tmp_path: Path, workers: int) -> None:
    outcomes = pool.do([partial(square, number) for number in range(9)], partial(tool, tmp_path), workers)
    assert [outcome for outcome, _ in outcomes] == [number * number for number in range(9)]
    assert len({name for _, name in outcomes}) <= workers
    assert list(tmp_path.iterdir()) == []


def test_two_are_done_at_a_time(tmp_path: Path) -> None:
    jobs = [partial(meet, name) for name in ("here", "there")]
    assert pool.do(jobs, partial(tool, tmp_path), WORKERS) == ["here", "there"]


def test_what_a_job_raises_is_raised_and_no_other_one_begins(tmp_path: Path) -> None:
    jobs = [fail, fail, *(partial(leave_a_mark, number) for number in range(100))]
    with pytest.raises(ValueError, match=r"\d+"):
        pool.do(jobs, partial(tool, tmp_path), WORKERS)
    assert not (tmp_path / "mark-99").exists()


_PROGRAM = """
import sys, time
from functools import partial
from pathlib import Path

from tests.course.test_side_by_side import tool
from workshop.authoring import pool

def wait_for_ever(mine):
    (mine.with_name("begun-" + mine.name)).touch()
    time.sleep(600)

if __name__ == "__main__":
    pool.do([wait_for_ever] * 9, partial(tool, Path(sys.argv[1])), 2)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_no_worker_outlives_the_one_that_started_it(tmp_path: Path, number: signal.Signals) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM)
    tools = tmp_path / "tools"
    tools.mkdir()
    process = subprocess.Popen(
        [sys.executable, program, tools],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )

    def both_have_begun() -> None:
        assert len(list(tools.glob("begun-*"))) == WORKERS

    eventually(both_have_begun)
    children = psutil.Process(process.pid).children(recursive=True)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as the terminal does
    else:
        process.kill()
    process.wait(30)

    def gone() -> None:
        assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    eventually(gone)
    if number == signal.SIGINT:
        assert [path.name for path in tools.iterdir() if not path.name.startswith("begun-")] == []
