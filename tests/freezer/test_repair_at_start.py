"""What came apart while the operator was down is found at its start, said in a line, and mended."""

import sqlite3

import pytest

from icecream_operator.finalizer import FINALIZER
from icecream_operator.freezer.database import Database
from tests.freezer import somebody_else
from tests.freezer.inventory import assert_books_balance, reserve, reserved, wish
from tests.operator.shop import HOLD, create, eventually_left, icecreams_of
from workshop.system.polling import eventually
from workshop.testing import probe
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop


@pytest.fixture
def url(sqlite: str) -> str:
    return sqlite


class Restart:
    """A shop where a and b were sold, and then the operator was killed."""

    def __init__(self, shop: Shop, url: str, database: Database, cluster: str) -> None:
        self.shop, self.url, self.database, self.cluster = shop, url, database, cluster

    def until_reserved(self, **flavours: set[str]) -> list[str]:
        """Start the operator, wait until this and nothing else is reserved, end it, and return what it has repaired."""

        def look() -> None:
            seen = reserved(self.database, self.cluster)
            assert {name: seen[name] for name in seen if not name.startswith(probe.PREFIX)} == flavours

        with self.shop.operator(f"--freezer-url={self.url}") as operator:
            self.shop.settle()
            eventually(look)
            output = operator.output()
            assert operator.terminate() == 0
        assert "Traceback" not in output
        assert_books_balance(self.database, self.cluster)
        lines = [line for line in output.splitlines() if probe.PREFIX not in line]
        return [line.partition("Repair: ")[2] for line in lines if "Repair: " in line]


@pytest.fixture
def restart(shop: Shop, url: str, database: Database, cluster: str) -> Restart:
    with shop.operator(f"--freezer-url={url}"):
        create(shop, manifest("a", "matcha"), manifest("b", "vanilla"))
        eventually_left(shop, "a", "b")
        shop.settle()
    return Restart(shop, url, database, cluster)


def test_where_nothing_has_come_apart_nothing_is_written(restart: Restart) -> None:
    before = icecreams_of(restart.shop)
    assert restart.until_reserved(a={"matcha"}, b={"vanilla"}) == []
    assert icecreams_of(restart.shop) == before
    assert restart.shop.writes() == []


def test_what_was_deleted_without_its_finalizer_is_given_back(restart: Restart) -> None:
    restart.shop.icecreams.patch("a", {"metadata": {"finalizers": None}})
    restart.shop.cancel("a")
    repaired = restart.until_reserved(b={"vanilla"})
    assert repaired == ["a is gone, and matcha is reserved for it: to be given back"]


def test_what_has_another_of_its_name_is_given_back(restart: Restart) -> None:
    restart.shop.icecreams.patch("a", {"metadata": {"finalizers": None}})
    restart.shop.cancel("a")
    create(restart.shop, manifest("a", "zest"))
    repaired = restart.until_reserved(a={"zest"}, b={"vanilla"})
    assert repaired == ["a is gone, and matcha is reserved for it: to be given back"]


def test_what_was_deleted_as_it_should_be_is_left_to_its_finalizer(restart: Restart) -> None:
    restart.shop.cancel("a")
    assert restart.until_reserved(b={"vanilla"}) == []
    eventually_left(restart.shop, "b")


def test_what_others_still_hold_is_given_back_once(restart: Restart) -> None:
    restart.shop.icecreams.patch("a", {"metadata": {"finalizers": [FINALIZER, HOLD]}})
    restart.shop.cancel("a")
    assert restart.until_reserved(b={"vanilla"}) == []
    assert icecreams_of(restart.shop)["a"]["metadata"]["finalizers"] == [HOLD]
    assert restart.until_reserved(b={"vanilla"}) == []


def test_a_finalizer_that_was_edited_away_comes_back(restart: Restart) -> None:
    restart.shop.icecreams.patch("a", {"metadata": {"finalizers": None}})
    assert restart.until_reserved(a={"matcha"}, b={"vanilla"}) == []
    assert icecreams_of(restart.shop)["a"]["metadata"]["finalizers"] == [FINALIZER]


def test_a_change_of_flavour_is_made_up_for(restart: Restart) -> None:
    restart.shop.change("a", flavour=["zest"])
    restart.until_reserved(a={"zest"}, b={"vanilla"})


def test_what_is_not_in_an_older_copy_of_the_database_is_reserved_again(restart: Restart) -> None:
    with sqlite3.connect(somebody_else.file_of(restart.url)) as file:
        for table in ("stock", "reservations", "ledger"):
            file.execute(f"DELETE FROM freezer_{table}")  # noqa: S608
    file.close()
    before = icecreams_of(restart.shop)
    repaired = restart.until_reserved(a={"matcha"}, b={"vanilla"})
    assert sorted(repaired) == ["a has nothing reserved: to be matcha", "b has nothing reserved: to be vanilla"]
    assert icecreams_of(restart.shop) == before


def test_another_clusters_rows_are_left_alone(restart: Restart) -> None:
    reserve(restart.database, wish("theirs", "matcha"), cluster="another")
    assert restart.until_reserved(a={"matcha"}, b={"vanilla"}) == []
    assert reserved(restart.database, "another") == {"theirs": {"matcha"}}


def test_those_that_were_ordered_meanwhile_have_not_come_apart(restart: Restart) -> None:
    names = [f"new-{number}" for number in range(40)]
    create(restart.shop, *(manifest(name, f"flavour of {name}") for name in names))
    everything = {name: {f"flavour of {name}"} for name in names}
    assert restart.until_reserved(a={"matcha"}, b={"vanilla"}, **everything) == []
