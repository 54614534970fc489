"""The freezer as coroutines see it: nothing waits for a database but who asked it, and a sick one is asked by one."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import datetime

import pytest

from icecream_operator.freezer import database as databases
from icecream_operator.freezer.database import Database, Transaction
from icecream_operator.freezer.errors import OutOfStockError, UnavailableError
from icecream_operator.freezer.freezer import Freezer
from tests.freezer import somebody_else
from tests.freezer.inventory import CLUSTER, NOW, put, reserved, wish
from tests.freezer.postgresql import Server


async def cluster() -> str:
    return CLUSTER


@pytest.fixture
def freezer(database: Database) -> Freezer:
    return Freezer(database, cluster, lambda: NOW)


class Counting(Database):
    """Counts how often it is asked."""

    asked = 0

    @contextlib.contextmanager
    def transaction(self, cluster: str, now: datetime) -> Iterator[Transaction]:
        self.asked += 1
        with super().transaction(cluster, now) as transaction:
            yield transaction


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, sqlite: str) -> Iterator[Counting]:
    """One that waits a tenth of a second where others wait for five."""
    monkeypatch.setattr(databases, "TIMEOUT", 0.1)
    opened = Counting(sqlite)
    yield opened
    opened.close()


async def test_the_event_loop_goes_on_while_the_database_waits(database: Database, freezer: Freezer, url: str) -> None:
    put(database, matcha=1)
    with somebody_else.locked(url):
        call = asyncio.create_task(freezer.stock())
        for _ in range(10):
            await asyncio.sleep(0.001)
        assert not call.done()
    assert await call == {"matcha": 1}


async def test_what_waits_behind_a_call_that_fails_fails_without_asking(impatient: Counting, sqlite: str) -> None:
    freezer = Freezer(impatient, cluster, lambda: NOW)
    with somebody_else.locked(sqlite):
        calls = (freezer.reserve(wish(str(number), "matcha"), ()) for number in range(10))
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert [type(result) for result in results] == [UnavailableError] * 10
        assert impatient.asked == 1
        with pytest.raises(UnavailableError):
            await freezer.give_back("a", "a")
        assert impatient.asked == 1


async def test_who_asks_for_the_stock_finds_out_that_it_is_back(impatient: Counting, sqlite: str) -> None:
    freezer = Freezer(impatient, cluster, lambda: NOW)
    with somebody_else.locked(sqlite):
        for _ in range(2):
            with pytest.raises(UnavailableError, match="database is locked"):
                await freezer.stock()
    with pytest.raises(UnavailableError, match="database is locked"):
        await freezer.reserved("a")
    await freezer.stock()
    assert await freezer.reserved("a") == set()


async def test_a_database_that_can_only_be_read_is_not_back(postgresql: Server) -> None:
    postgresql.empty()
    url = postgresql.url()
    with contextlib.closing(Database(url)) as database:
        freezer = Freezer(database, cluster, lambda: NOW)
        with somebody_else.read_only(url):
            with pytest.raises(UnavailableError, match="read-only transaction"):
                await freezer.reserve(wish("a", "matcha"), ())
            with pytest.raises(UnavailableError, match="read-only transaction"):
                await freezer.stock()
        await freezer.stock()
        await freezer.reserve(wish("a", "matcha"), ())
        assert reserved(database) == {"a": {"matcha"}}


async def test_out_of_stock_is_nothing_that_is_wrong_with_the_database(database: Database, freezer: Freezer) -> None:
    put(database, matcha=0)
    with pytest.raises(OutOfStockError):
        await freezer.reserve(wish("a", "matcha"), ())
    assert await freezer.reserved("a") == set()


@pytest.mark.usefixtures("impatient")
async def test_a_database_that_turns_out_to_be_anothers_is_waited_for(sqlite: str) -> None:
    somebody_else.execute(sqlite, "UPDATE freezer_schema SET version = 2")
    with somebody_else.locked(sqlite):
        opened = Database(sqlite)
    freezer = Freezer(opened, cluster, lambda: NOW)
    with pytest.raises(UnavailableError, match="has the freezer's tables in version 2"):
        await freezer.stock()
    somebody_else.execute(sqlite, "UPDATE freezer_schema SET version = 1")
    await freezer.stock()
    opened.close()
