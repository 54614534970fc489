"""Refill and stocktake, and an audit that finds what somebody has done by hand."""

import pytest
from sqlalchemy import text

from icecream_operator.freezer import ledger, stock
from icecream_operator.freezer.database import Database
from icecream_operator.freezer.stock import DEFAULT_SCOOPS
from tests.freezer.inventory import assert_books_balance, lines, put, reserve, stocked, transaction, wish

A = wish("a").uid


def test_a_flavour_that_nobody_has_asked_for_has_the_default_and_no_row(database: Database) -> None:
    with transaction(database) as t:
        assert stock.read(t)["matcha"] == DEFAULT_SCOOPS
    assert stocked(database) == {}


def test_a_refill_adds_to_what_is_there(database: Database) -> None:
    with transaction(database) as t:
        assert stock.refill(t, "matcha", 5) == DEFAULT_SCOOPS + 5
        assert stock.refill(t, "matcha", 1) == DEFAULT_SCOOPS + 6
    assert lines(database) == [
        ("opening", "matcha", DEFAULT_SCOOPS, ""),
        ("refill", "matcha", 5, ""),
        ("refill", "matcha", 1, ""),
    ]
    assert_books_balance(database)


def test_a_stocktake_books_the_difference(database: Database) -> None:
    put(database, matcha=3)
    assert stocked(database) == {"matcha": 3}
    assert lines(database)[1:] == [("stocktake", "matcha", 3 - DEFAULT_SCOOPS, "")]


def test_a_stocktake_that_finds_what_is_in_the_books_adds_no_line(database: Database) -> None:
    put(database, matcha=3)
    before = lines(database)
    put(database, matcha=3)
    assert lines(database) == before


def test_more_scoops_than_fit_into_32_bits_are_a_number_too(database: Database) -> None:
    with transaction(database) as t:
        for _ in range(5):
            stock.refill(t, "matcha", 999_999_999)
    assert stocked(database) == {"matcha": DEFAULT_SCOOPS + 5 * 999_999_999}
    assert_books_balance(database)


@pytest.mark.parametrize(
    ("by_hand", "problem"),
    [
        ("UPDATE freezer_stock SET scoops = 8", "matcha: the stock is 8, and the ledger adds up to 9"),
        ("DELETE FROM freezer_stock", "matcha: the stock is 0, and the ledger adds up to 9"),
        ("DELETE FROM freezer_reservations", f"icecream {A}: of matcha there is reserved 0, and by the ledger 1"),
        (
            "UPDATE freezer_reservations SET uid = 'another'",
            "icecream another: of matcha there is reserved 1, and by the ledger 0; "
            f"icecream {A}: of matcha there is reserved 0, and by the ledger 1",
        ),
        (
            "UPDATE freezer_reservations SET flavour = 'vanilla'",
            f"icecream {A}: of matcha there is reserved 0, and by the ledger 1; "
            f"icecream {A}: of vanilla there is reserved 1, and by the ledger 0",
        ),
        (
            "DELETE FROM freezer_ledger WHERE reason = 'opening'",
            "matcha: the stock is 9, and the ledger adds up to -1",
        ),
    ],
)
def test_the_audit_finds_what_was_done_by_hand(database: Database, by_hand: str, problem: str) -> None:
    reserve(database, wish("a", "matcha"))
    with transaction(database) as t:
        t.connection.execute(text(by_hand))
    with transaction(database) as t:
        assert "; ".join(ledger.audit(t)) == problem


def test_the_stock_is_never_negative_whoever_writes(database: Database) -> None:
    put(database, matcha=0)
    with pytest.raises(Exception, match="freezer_stock_not_negative"), transaction(database) as t:
        stock.change(t, "matcha", -1, ledger.RESERVE)
    assert stocked(database) == {"matcha": 0}
