"""Reservations: the scoops that are kept for an icecream, one of each of its flavours, under its uid.

Both functions may run twice, late, and after a crash anywhere: they compare what is reserved with what is wanted, in
one transaction, and the second time there is nothing left to do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from icecream_operator.freezer import ledger, stock
from icecream_operator.freezer.database import Transaction
from icecream_operator.freezer.errors import OutOfStockError
from icecream_operator.freezer.schema import reservations


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is, or shall be, reserved for the icecream of this uid; its name is for people."""

    uid: str
    name: str
    flavours: frozenset[str]


def read(transaction: Transaction, uid: str) -> frozenset[str]:
    """Return the flavours that are reserved for an icecream."""
    rows = transaction.connection.scalars(
        select(reservations.c.flavour).where(reservations.c.cluster == transaction.cluster, reservations.c.uid == uid)
    )
    return frozenset(rows)


def read_all(transaction: Transaction) -> list[Reservation]:
    """Return all reservations of this cluster."""
    rows = transaction.connection.execute(
        select(reservations.c.uid, reservations.c.name, reservations.c.flavour)
        .where(reservations.c.cluster == transaction.cluster)
        .order_by(reservations.c.name, reservations.c.uid)
    )
    flavours: dict[tuple[str, str], set[str]] = {}
    for uid, name, flavour in rows:
        flavours.setdefault((uid, name), set()).add(flavour)
    return [Reservation(uid, name, frozenset(reserved)) for (uid, name), reserved in flavours.items()]


def reserve(transaction: Transaction, wanted: Reservation, ahead: Iterable[Reservation] = ()) -> None:
    """Have exactly the wanted flavours reserved for an icecream: those that it doesn't want any more are given back.

    `ahead` is what those want who came before. As long as one of them waits, a scoop of each of its flavours is kept
    for it: so whoever came first is served first, and nobody waits for ever behind those who want less.

    Raises:
        OutOfStockError: a flavour has no scoop left. Nothing has been reserved, and nothing given back.
    """
    # Compare what is reserved with what is wanted. Look whether there is enough of all that is missing before you take
    # anything: whoever catches the error may commit what was done by then.
    raise NotImplementedError("exercise 1: reserve what is wanted")


def give_back(transaction: Transaction, uid: str, name: str) -> frozenset[str]:
    """Give back all that is reserved for an icecream, and return those flavours: none, the second time."""
    raise NotImplementedError("exercise 2: give back what is reserved")


def _take(transaction: Transaction, flavour: str, uid: str, name: str) -> None:
    """Take a scoop out of the stock and reserve it, as one line of the ledger."""
    transaction.connection.execute(
        insert(reservations).values(cluster=transaction.cluster, uid=uid, flavour=flavour, name=name)
    )
    stock.change(transaction, flavour, -1, ledger.RESERVE, uid, name)


def _put_back(transaction: Transaction, flavour: str, uid: str, name: str) -> None:
    """Put a reserved scoop back into the stock, as one line of the ledger."""
    transaction.connection.execute(
        delete(reservations).where(
            reservations.c.cluster == transaction.cluster,
            reservations.c.uid == uid,
            reservations.c.flavour == flavour,
        )
    )
    stock.change(transaction, flavour, +1, ledger.GIVE_BACK, uid, name)


def _kept_for(transaction: Transaction, ahead: Iterable[Reservation]) -> Mapping[str, int]:
    kept: Counter[str] = Counter()
    for earlier in ahead:
        kept.update(earlier.flavours - read(transaction, earlier.uid))
    return kept
