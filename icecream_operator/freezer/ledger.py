"""The ledger: each change of the stock, in the order in which they were made, as a bookkeeper would write it down.

It is only ever added to, in the same transaction as the change itself. So the two can be held against each other.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, func, insert, literal, select

from icecream_operator.freezer import schema
from icecream_operator.freezer.database import Transaction

OPENING, REFILL, STOCKTAKE, RESERVE, GIVE_BACK = "opening", "refill", "stocktake", "reserve", "give back"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: so many scoops came (or went, if negative), why, and for which icecream, if for one."""

    time: str
    flavour: str
    scoops: int
    reason: str
    uid: str
    name: str


def record(transaction: Transaction, flavour: str, scoops: int, reason: str, uid: str = "", name: str = "") -> None:
    """Add a line."""
    transaction.connection.execute(
        insert(schema.ledger).values(
            cluster=transaction.cluster,
            time=transaction.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            flavour=flavour,
            scoops=scoops,
            reason=reason,
            uid=uid,
            name=name,
        )
    )


def entries(transaction: Transaction) -> list[Entry]:
    """Return all lines, oldest first."""
    columns = [schema.ledger.c[field] for field in Entry.__slots__]
    rows = transaction.connection.execute(
        select(*columns).where(schema.ledger.c.cluster == transaction.cluster).order_by(schema.ledger.c.id)
    )
    return [Entry(*row) for row in rows]


def audit(transaction: Transaction) -> Iterator[str]:
    """Yield what doesn't add up, a sentence each: nothing, as long as nobody writes to the database by hand."""
    stock = _sums(transaction, schema.stock.c.scoops, schema.stock.c.flavour)
    booked = _sums(transaction, schema.ledger.c.scoops, schema.ledger.c.flavour)
    for key in sorted(stock.keys() | booked.keys()):
        if stock[key] != booked[key]:
            yield f"{key[0]}: the stock is {stock[key]}, and the ledger adds up to {booked[key]}"
    reserved = _sums(transaction, literal(1), schema.reservations.c.uid, schema.reservations.c.flavour)
    taken = _sums(transaction, -schema.ledger.c.scoops, schema.ledger.c.uid, schema.ledger.c.flavour)
    for uid, flavour in sorted(reserved.keys() | taken.keys()):
        if uid and reserved[uid, flavour] != taken[uid, flavour]:
            scoops = reserved[uid, flavour], taken[uid, flavour]
            yield f"icecream {uid}: of {flavour} there is reserved {scoops[0]}, and by the ledger {scoops[1]}"


def _sums(transaction: Transaction, number: ColumnElement[int], *key: Column[str]) -> dict[tuple[str, ...], int]:
    rows = transaction.connection.execute(
        select(func.sum(number), *key).where(key[0].table.c.cluster == transaction.cluster).group_by(*key)
    )
    return defaultdict(int, {tuple(names): int(total) for total, *names in rows})
