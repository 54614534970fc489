"""Reserved is all or nothing, and given back once: by table, in both databases."""

import pytest

from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import OutOfStockError
from icecream_operator.freezer.stock import DEFAULT_SCOOPS
from tests.freezer.inventory import assert_books_balance, give_back, lines, put, reserve, reserved, stocked, wish

ONE_LESS = DEFAULT_SCOOPS - 1


@pytest.fixture(autouse=True)
def _balanced(database: Database) -> object:
    yield
    assert_books_balance(database)


def test_a_scoop_of_each_flavour_is_reserved(database: Database) -> None:
    reserve(database, wish("a", "matcha", "vanilla"))
    assert reserved(database) == {"a": {"matcha", "vanilla"}}
    assert stocked(database) == {"matcha": ONE_LESS, "vanilla": ONE_LESS}


def test_the_ledger_says_when_a_flavour_was_opened_and_for_whom_a_scoop_went(database: Database) -> None:
    reserve(database, wish("a", "matcha"))
    give_back(database, wish("a"))
    assert lines(database) == [
        ("opening", "matcha", DEFAULT_SCOOPS, ""),
        ("reserve", "matcha", -1, "a"),
        ("give back", "matcha", 1, "a"),
    ]


def test_reserved_twice_is_reserved_once(database: Database) -> None:
    reserve(database, wish("a", "matcha"))
    before = lines(database)
    reserve(database, wish("a", "matcha"))
    assert lines(database) == before


def test_given_back_twice_is_given_back_once(database: Database) -> None:
    reserve(database, wish("a", "matcha", "vanilla"))
    assert give_back(database, wish("a")) == {"matcha", "vanilla"}
    assert give_back(database, wish("a")) == set()
    assert stocked(database) == {"matcha": DEFAULT_SCOOPS, "vanilla": DEFAULT_SCOOPS}


def test_where_one_flavour_is_out_of_stock_nothing_is_reserved(database: Database) -> None:
    put(database, matcha=5, vanilla=0)
    before = lines(database)
    with pytest.raises(OutOfStockError, match="vanilla is out of stock") as raised:
        reserve(database, wish("a", "matcha", "vanilla", "zest"))
    assert raised.value.missing == {"matcha", "vanilla", "zest"}
    assert lines(database) == before


def test_the_last_scoop_is_reserved_and_no_more(database: Database) -> None:
    put(database, matcha=1)
    reserve(database, wish("a", "matcha"))
    with pytest.raises(OutOfStockError):
        reserve(database, wish("b", "matcha"))
    assert stocked(database) == {"matcha": 0}


def test_a_change_of_flavour_moves_the_scoop(database: Database) -> None:
    reserve(database, wish("a", "matcha", "vanilla"))
    reserve(database, wish("a", "vanilla", "zest"))
    assert reserved(database) == {"a": {"vanilla", "zest"}}
    assert stocked(database) == {"matcha": DEFAULT_SCOOPS, "vanilla": ONE_LESS, "zest": ONE_LESS}


def test_a_change_to_what_is_out_of_stock_leaves_all_as_it_was(database: Database) -> None:
    put(database, zest=0)
    reserve(database, wish("a", "matcha"))
    with pytest.raises(OutOfStockError) as raised:
        reserve(database, wish("a", "zest"))
    assert raised.value.missing == {"zest"}
    assert reserved(database) == {"a": {"matcha"}}


def test_what_wants_nothing_any_more_gives_back_all(database: Database) -> None:
    reserve(database, wish("a", "matcha"))
    reserve(database, wish("a"))
    assert reserved(database) == {}
    assert stocked(database) == {"matcha": DEFAULT_SCOOPS}


def test_a_scoop_is_kept_for_whoever_waits_ahead(database: Database) -> None:
    put(database, matcha=1, vanilla=0)
    first, second = wish("first", "matcha", "vanilla"), wish("second", "matcha")
    with pytest.raises(OutOfStockError, match="matcha is out of stock"):
        reserve(database, second, first)
    put(database, matcha=2)
    reserve(database, second, first)
    assert reserved(database) == {"second": {"matcha"}}


def test_nothing_is_kept_for_whoever_ahead_has_it_already(database: Database) -> None:
    put(database, matcha=2)
    first = wish("first", "matcha")
    reserve(database, first)
    reserve(database, wish("second", "matcha"), first)
    assert set(reserved(database)) == {"first", "second"}


def test_two_icecreams_of_the_same_name_are_two(database: Database) -> None:
    before = wish("a", "matcha")
    after = type(before)("another uid", "a", before.flavours)
    reserve(database, before)
    reserve(database, after)
    assert give_back(database, before) == {"matcha"}
    assert stocked(database) == {"matcha": ONE_LESS}


@pytest.mark.parametrize("flavour", ["crème brûlée", "🍦", "'; DROP TABLE freezer_stock; --", "%s", "x" * 63, "Matcha"])
def test_any_name_is_a_flavour(database: Database, flavour: str) -> None:
    reserve(database, wish("a", flavour, "matcha"))
    assert reserved(database) == {"a": {flavour, "matcha"}}
