"""What is in the freezer's database, read without any of the operator's code."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any


class FreezerRows:
    """The rows of a database in which there is one cluster, all from one moment. They add up.

    Raises:
        AssertionError: they don't, or there are none yet.
    """

    def __init__(self, file: Path) -> None:
        self.reserved: dict[str, set[str]] = defaultdict(set)  # flavours by uid
        try:
            with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
                self._read(connection)
        except sqlite3.OperationalError as error:
            raise AssertionError(f"{file}: {error}") from error

    def _read(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        for uid, flavour in connection.execute("SELECT uid, flavour FROM freezer_reservations"):
            self.reserved[uid].add(flavour)
        self.stock = _numbers(connection, "SELECT flavour, scoops FROM freezer_stock")
        booked = _numbers(connection, "SELECT flavour, sum(scoops) FROM freezer_ledger GROUP BY flavour")
        taken = _numbers(connection, "SELECT uid, -sum(scoops) FROM freezer_ledger WHERE uid != '' GROUP BY uid")
        assert self.stock == booked, f"the stock is {self.stock}, and the ledger says {booked}"
        assert {uid: len(flavours) for uid, flavours in self.reserved.items()} == {
            uid: scoops for uid, scoops in taken.items() if scoops
        }
        assert min(self.stock.values(), default=0) >= 0, self.stock


def _numbers(connection: sqlite3.Connection, query: str) -> dict[str, int]:
    rows: Any = connection.execute(query)
    return dict(rows)
