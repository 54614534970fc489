"""Scoops by flavour. A flavour that nobody has asked for yet has no row, and the default."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import insert, select, update

from icecream_operator.freezer import ledger
from icecream_operator.freezer.database import Transaction
from icecream_operator.freezer.schema import stock

DEFAULT_SCOOPS = 10


def read(transaction: Transaction) -> Mapping[str, int]:
    """Return the scoops of every flavour: those that have a row, and the default for any other."""
    rows = transaction.connection.execute(
        select(stock.c.flavour, stock.c.scoops).where(stock.c.cluster == transaction.cluster)
    )
    return defaultdict(lambda: DEFAULT_SCOOPS, {row.flavour: row.scoops for row in rows})


def scoops(transaction: Transaction, flavour: str) -> int:
    """Return the scoops of a flavour, and give it a row if it has none."""
    number: int | None = transaction.connection.scalar(
        select(stock.c.scoops).where(stock.c.cluster == transaction.cluster, stock.c.flavour == flavour)
    )
    if number is None:
        number = DEFAULT_SCOOPS
        transaction.connection.execute(
            insert(stock).values(cluster=transaction.cluster, flavour=flavour, scoops=number)
        )
        ledger.record(transaction, flavour, number, ledger.OPENING)
    return number


def change(transaction: Transaction, flavour: str, by: int, reason: str, uid: str = "", name: str = "") -> None:
    """Add scoops, or take them if `by` is negative, and write it down in the ledger. The flavour has a row."""
    transaction.connection.execute(
        update(stock)
        .where(stock.c.cluster == transaction.cluster, stock.c.flavour == flavour)
        .values(scoops=stock.c.scoops + by)
    )
    ledger.record(transaction, flavour, by, reason, uid, name)


def refill(transaction: Transaction, flavour: str, number: int) -> int:
    """Add scoops, and return how many there are now."""
    before = scoops(transaction, flavour)
    change(transaction, flavour, number, ledger.REFILL)
    return before + number


def take_stock(transaction: Transaction, flavour: str, counted: int) -> None:
    """Set the scoops to what somebody has counted. What is reserved is not among them."""
    before = scoops(transaction, flavour)
    if counted != before:
        change(transaction, flavour, counted - before, ledger.STOCKTAKE)
