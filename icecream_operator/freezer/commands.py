"""What the freezer's command line does. It may be used while the operator runs: the database knows one at a time."""

import argparse
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from icecream_operator.client import Icecreams
from icecream_operator.cluster_identity import ClusterIdentity
from icecream_operator.freezer import ledger, reservations, stock
from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import OutOfStockError
from icecream_operator.repair import find
from icecream_operator.reservation import ahead
from reconciling.connection import Connection

Row = Sequence[object]


async def run(arguments: argparse.Namespace) -> int:
    """Carry out the command, and return the exit code.

    Raises:
        CredentialsError: there are none for the cluster.
        Retry: the database or the API server can't be asked now.
        NotFound: the API server knows no icecreams.
    """
    database: Database = arguments.freezer_url
    connection = Connection.find(arguments.kubeconfig, [])
    async with connection:
        await connection.login()
        cluster = await ClusterIdentity(lambda: connection.api)()
        if arguments.command == "repair":
            return await _repair(database, cluster, Icecreams(lambda: connection.api), arguments.dry_run)
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        match arguments.command:
            case "stock" if arguments.flavour:
                stock.take_stock(transaction, arguments.flavour, arguments.scoops)
                _print_scoops(arguments.flavour, arguments.scoops)
            case "stock":
                reserved = [flavour for each in reservations.read_all(transaction) for flavour in each.flavours]
                rows = sorted(stock.read(transaction).items())
                _print(("FLAVOUR", "SCOOPS", "RESERVED"), ((name, n, reserved.count(name)) for name, n in rows))
                print(f"Any other flavour has {stock.DEFAULT_SCOOPS} scoops.")
            case "refill":
                _print_scoops(arguments.flavour, stock.refill(transaction, arguments.flavour, arguments.scoops))
            case "ledger":
                entries = [e for e in ledger.entries(transaction) if arguments.flavour in (None, e.flavour)]
                _print(
                    ("TIME", "FLAVOUR", "SCOOPS", "REASON", "ICECREAM"),
                    ((e.time, e.flavour, f"{e.scoops:+}", e.reason, e.name) for e in entries),
                )
            case "check":
                return _print_problems(list(ledger.audit(transaction)), "The ledger adds up to the stock.")
    return 0


async def _repair(database: Database, cluster: str, icecreams: Icecreams, dry_run: bool) -> int:
    """Mend what has come apart. The list of reservations is older than that of the icecreams.

    So what has a reservation was there before; and if it is no longer on the list, it is gone.
    """
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        reserved = reservations.read_all(transaction)
    listed = await icecreams.list()
    leaked, missing = find(reserved, listed)
    if dry_run or not (leaked or missing):
        return _print_problems([*leaked, *missing], "Nothing to repair.")
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        for leak in leaked:
            print(leak)
            reservations.give_back(transaction, leak.reservation.uid, leak.reservation.name)
        for lack in missing:
            print(lack)
            try:
                reservations.reserve(transaction, lack.reservation, ahead(lack.icecream, listed))
            except OutOfStockError as error:
                print(f"  {error}: it waits for a refill")
    return 0


def _print_scoops(flavour: str, number: int) -> None:
    print(f"{flavour}: {number} scoop{'' if number == 1 else 's'}")


def _print_problems(problems: Iterable[object], none: str) -> int:
    lines = [str(problem) for problem in problems]
    print("\n".join(lines) or none)
    return 1 if lines else 0


def _print(heading: Row, rows: Iterable[Row]) -> None:
    table = [[str(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        print("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
