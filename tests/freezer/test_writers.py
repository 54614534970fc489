"""Several at one database at the same time: all or none, exactly once, and nobody waits for ever."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

import pytest

from icecream_operator.freezer import stock
from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import OutOfStockError
from tests.freezer.inventory import (
    assert_books_balance,
    give_back,
    lines,
    put,
    reserve,
    reserved,
    stocked,
    transaction,
    wish,
)
from workshop.workspace.cluster import CHECKOUT

T = TypeVar("T")
WRITERS = 4


@pytest.fixture
def writers(database: Database, url: str) -> Iterator[list[Database]]:
    """The same database, opened by several."""
    opened = [Database(url) for _ in range(WRITERS)]
    yield opened
    for each in opened:
        each.close()
    assert_books_balance(database)


def at_once(write: Callable[[int], T]) -> list[T]:
    """Call it with each number, all at the same time."""
    barrier = Barrier(WRITERS)

    def call(number: int) -> T:
        barrier.wait()
        return write(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(call, range(WRITERS)))


def has_got(database: Database, *arguments: str) -> bool:
    try:
        reserve(database, wish(*arguments))
    except OutOfStockError:
        return False
    return True


def test_what_is_there_is_reserved_and_not_a_scoop_more(database: Database, writers: list[Database]) -> None:
    put(database, matcha=2)
    assert sum(at_once(lambda number: has_got(writers[number], f"icecream {number}", "matcha"))) == 2
    assert stocked(database) == {"matcha": 0}


def test_the_same_icecream_gets_its_scoops_once(database: Database, writers: list[Database]) -> None:
    put(database, matcha=5, vanilla=5)
    assert all(at_once(lambda number: has_got(writers[number], "a", "matcha", "vanilla")))
    assert stocked(database) == {"matcha": 4, "vanilla": 4}


def test_the_same_icecream_gives_them_back_once(database: Database, writers: list[Database]) -> None:
    reserve(database, wish("a", "matcha"))
    returned = at_once(lambda number: give_back(writers[number], wish("a")))
    assert Counter(returned) == {frozenset({"matcha"}): 1, frozenset(): WRITERS - 1}


def test_two_who_want_each_the_last_scoop_of_the_others_flavour(database: Database, writers: list[Database]) -> None:
    put(database, matcha=1, vanilla=1)
    flavours = ("matcha", "vanilla"), ("vanilla",)
    got = at_once(lambda number: has_got(writers[number], f"{number}", *flavours[number % 2]))
    assert stocked(database)["vanilla"] == 0
    assert sum(got) == len(reserved(database)) == 1


def test_a_flavour_is_opened_once(database: Database, writers: list[Database]) -> None:
    def refill(number: int) -> None:
        with transaction(writers[number]) as t:
            stock.refill(t, "matcha", 1)

    at_once(refill)
    assert Counter(reason for reason, *_ in lines(database)) == {"opening": 1, "refill": WRITERS}


def test_the_tables_are_made_once(url: str) -> None:
    opened = at_once(lambda _: Database(url))
    for each in opened:
        reserve(each, wish("a", "matcha"))
    assert Counter(reason for reason, *_ in lines(opened[0])) == {"opening": 1, "reserve": 1}
    for each in opened:
        each.close()


@pytest.mark.slow
def test_processes_that_write_at_random_and_one_that_is_killed(database: Database, url: str) -> None:
    put(database, matcha=3, vanilla=3, zest=3)
    argv = [sys.executable, "-m", "tests.freezer.writer", url]
    processes = [
        subprocess.Popen([*argv, str(seed)], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for seed in range(3)
    ]
    victim = processes[0]
    assert victim.stdout
    assert victim.stdout.readline() == "writing\n"
    victim.kill()
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes[1:]] == [0, 0], outputs
    assert_books_balance(database)
