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
    stock = _sums(transaction, schema.stock.c.flavour, schema.stock.c.scoops)
    booked = _sums(transaction, schema.ledger.c.flavour, schema.ledger.c.scoops)
    for flavour in sorted(stock.keys() | booked.keys()):
        if stock[flavour] != booked[flavour]:
            yield f"{flavour}: the stock is {stock[flavour]}, and the ledger adds up to {booked[flavour]}"
    reserved = _sums(transaction, schema.reservations.c.uid, literal(1))
    taken = _sums(transaction, schema.ledger.c.uid, -schema.ledger.c.scoops)
    taken.pop("", None)  # what was for no icecream
    for uid in sorted(reserved.keys() | taken.keys()):
        if reserved[uid] != taken[uid]:
            yield f"icecream {uid}: {reserved[uid]} scoops are reserved, and by the ledger {taken[uid]}"


def _sums(transaction: Transaction, key: Column[str], number: ColumnElement[int]) -> dict[str, int]:
    rows = transaction.connection.execute(
        select(key, func.sum(number)).where(key.table.c.cluster == transaction.cluster).group_by(key)
    )
    return defaultdict(int, {name: int(total) for name, total in rows})
