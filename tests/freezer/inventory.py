"""A freezer as tests fill it and look into it: in one cluster unless they say which."""

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from sqlalchemy import select

from icecream_operator.freezer import ledger, reservations, schema, stock
from icecream_operator.freezer.database import Database, Transaction
from icecream_operator.freezer.reservations import Reservation

CLUSTER = "a cluster"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def transaction(database: Database, cluster: str = CLUSTER) -> AbstractContextManager[Transaction]:
    return database.transaction(cluster, NOW)


def wish(name: str, *flavours: str) -> Reservation:
    return Reservation(f"uid of {name}", name, frozenset(flavours))


def put(database: Database, cluster: str = CLUSTER, **scoops: int) -> None:
    """Have so many scoops of these flavours."""
    with transaction(database, cluster) as t:
        for flavour, number in scoops.items():
            stock.take_stock(t, flavour, number)


def reserve(database: Database, wanted: Reservation, *ahead: Reservation, cluster: str = CLUSTER) -> None:
    with transaction(database, cluster) as t:
        reservations.reserve(t, wanted, ahead)


def give_back(database: Database, given: Reservation, cluster: str = CLUSTER) -> frozenset[str]:
    with transaction(database, cluster) as t:
        return reservations.give_back(t, given.uid, given.name)


def stocked(database: Database, cluster: str = CLUSTER) -> dict[str, int]:
    with transaction(database, cluster) as t:
        return dict(stock.read(t))


def reserved(database: Database, cluster: str = CLUSTER) -> dict[str, set[str]]:
    """What is reserved, by the icecreams' names."""
    with transaction(database, cluster) as t:
        return {reservation.name: set(reservation.flavours) for reservation in reservations.read_all(t)}


def lines(database: Database, cluster: str = CLUSTER) -> list[tuple[str, str, int, str]]:
    """The ledger: reason, flavour, scoops, name."""
    with transaction(database, cluster) as t:
        return [(entry.reason, entry.flavour, entry.scoops, entry.name) for entry in ledger.entries(t)]


def assert_books_balance(database: Database, cluster: str = CLUSTER) -> None:
    """The ledger adds up, by its own audit, and by the plain rows."""
    with transaction(database, cluster) as t:
        assert list(ledger.audit(t)) == []
        mine = {
            table.name: t.connection.execute(select(table).where(table.c.cluster == cluster)).mappings().all()
            for table in (schema.stock, schema.reservations, schema.ledger)
        }
    booked: Counter[str] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    for row in mine["freezer_ledger"]:
        booked[row["flavour"]] += row["scoops"]
        if row["uid"]:
            held[row["uid"], row["flavour"]] -= row["scoops"]
    counted: Mapping[str, int] = {row["flavour"]: row["scoops"] for row in mine["freezer_stock"]}
    assert dict(booked) == counted
    assert +held == Counter((row["uid"], row["flavour"]) for row in mine["freezer_reservations"])
    assert min(held.values(), default=0) >= 0, "given back more often than reserved"
