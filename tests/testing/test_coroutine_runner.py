"""A coroutine of a student's, run in the process of the checks."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from workshop.testing import coroutine_runner
from workshop.testing.coroutine_runner import CoroutineRunner
from workshop.testing.failures import CheckFailedError

FILE = "shop/price.py"
Price = Callable[[], Coroutine[Any, Any, None]]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Price]:
    """Write the body of a coroutine function into the student's file."""
    monkeypatch.setattr(coroutine_runner, "CHECKOUT", tmp_path)
    monkeypatch.setattr(coroutine_runner, "students_files", lambda _: {FILE})

    def write(body: str) -> Price:
        file = tmp_path / FILE
        file.parent.mkdir()
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        file.write_text(f"import asyncio, time\nasync def price():\n{lines}")
        names: dict[str, Any] = {}
        exec(compile(file.read_text(), str(file), "exec"), names)  # noqa: S102
        price: Price = names["price"]
        return price

    return write


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("time.sleep(60)", "line 3, in price: time.sleep(60)"),
        ("while True:\n    pass", "line 3, in price: while True:"),
        ("while True:\n    await asyncio.sleep(0)", "line 4, in price: await asyncio.sleep(0)"),
        ("while True:\n    await asyncio.sleep(0.01)", "line 4, in price: await asyncio.sleep(0.01)"),
        ("await asyncio.Event().wait()", "line 3, in price: await asyncio.Event().wait()"),
    ],
)
def test_where_it_hangs_is_said_and_no_other_one_is_run(written: Callable[[str], Price], body: str, line: str) -> None:
    price, runner = written(body), CoroutineRunner()
    with pytest.raises(CheckFailedError) as caught:
        runner.run(price())
    assert caught.value.explanation.look in (f"{FILE}, {line}", f"{FILE}, line 4, in price: pass")
    with pytest.raises(CheckFailedError) as again:
        runner.run(must_not_run())
    assert again.value.explanation == caught.value.explanation


async def must_not_run() -> None:
    raise NotImplementedError


def test_a_slow_one_does_not_hang_and_others_may_follow(written: Callable[[str], Price]) -> None:
    price, runner = written("await asyncio.sleep(0.2)\ntime.sleep(0.2)"), CoroutineRunner()
    for _ in range(3):
        runner.run(price())


def test_those_that_block_for_a_while_each_do_so_together(written: Callable[[str], Price]) -> None:
    price, runner = written("time.sleep(0.6)"), CoroutineRunner()

    def run_often() -> None:
        for _ in range(20):
            runner.run(price())

    with pytest.raises(CheckFailedError, match="blocks its event loop"):
        run_often()


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError])
def test_what_it_raises_is_raised(error: type[BaseException]) -> None:
    async def fails() -> None:
        raise error

    with pytest.raises(error):
        CoroutineRunner().run(fails())


def test_a_signal_that_comes_late_ends_nobody(written: Callable[[str], Price]) -> None:
    CoroutineRunner().run(written("pass")())
    signal.raise_signal(signal.SIGUSR1)
