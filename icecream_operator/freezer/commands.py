"""What the freezer's command line does. It may be used while the operator runs: the database knows one at a time."""

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from icecream_operator.client import Icecreams
from icecream_operator.cluster_identity import ClusterIdentity
from icecream_operator.freezer import ledger, reservations, stock
from icecream_operator.freezer.database import Database, Transaction
from icecream_operator.freezer.errors import OutOfStockError
from icecream_operator.icecream import Icecream
from icecream_operator.repair import Leaked, Missing, find
from icecream_operator.reservation import ahead
from reconciling.connection import Connection

Row = Sequence[object]


async def run(arguments: argparse.Namespace) -> int:
    """Carry out the command, and return the exit code.

    Raises:
        CredentialsError: there are none for the cluster.
        Retry: the database or the API server can't be asked now.
        FreezerError: the database isn't a freezer's.
        NotFound: the API server knows no icecreams.
    """
    database: Database = arguments.freezer_url
    connection = Connection.find(arguments.kubeconfig, [])
    async with connection:
        await connection.login()
        cluster = await ClusterIdentity(lambda: connection.api)()
        if arguments.command == "repair":
            return await repair(database, cluster, Icecreams(lambda: connection.api), arguments.dry_run)
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        lines, exit_code = _carry_out(arguments, transaction)
    print("\n".join(lines))  # only now: it is committed, and nobody waits for a reader who takes his time
    return exit_code


def _carry_out(arguments: argparse.Namespace, transaction: Transaction) -> tuple[list[str], int]:
    """Return what is to be printed, and the exit code."""
    match arguments.command:
        case "stock" if arguments.flavour:
            stock.take_stock(transaction, arguments.flavour, arguments.scoops)
            return [_scoops(arguments.flavour, arguments.scoops)], 0
        case "stock":
            reserved = Counter(f for reservation in reservations.read_all(transaction) for f in reservation.flavours)
            rows = sorted(stock.read(transaction).items())
            table = _table(("FLAVOUR", "SCOOPS", "RESERVED"), ((name, n, reserved[name]) for name, n in rows))
            return [*table, f"Any other flavour has {stock.DEFAULT_SCOOPS} scoops."], 0
        case "refill":
            return [_scoops(arguments.flavour, stock.refill(transaction, arguments.flavour, arguments.scoops))], 0
        case "ledger":
            entries = [e for e in ledger.entries(transaction) if arguments.flavour in (None, e.flavour)]
            lines = ((e.time, e.flavour, f"{e.scoops:+}", e.reason, e.name) for e in entries)
            return _table(("TIME", "FLAVOUR", "SCOOPS", "REASON", "ICECREAM"), lines), 0
        case _:
            problems = list(ledger.audit(transaction))
            return problems or ["The ledger adds up to the stock."], 1 if problems else 0


async def repair(database: Database, cluster: str, icecreams: Icecreams, dry_run: bool) -> int:
    """Mend what has come apart, or only say it, and return the exit code.

    The list of reservations is older than that of the icecreams. So what has a reservation was there before; and if it
    is no longer on the list, it is gone.

    Raises:
        Retry: the database or the API server can't be asked now.
        NotFound: the API server knows no icecreams.
    """
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        reserved = reservations.read_all(transaction)
    listed = await icecreams.list()
    leaked, missing = find(reserved, listed)
    if dry_run or not (leaked or missing):
        print("\n".join(map(str, (*leaked, *missing))) or "Nothing to repair.")
        return 1 if leaked or missing else 0
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        lines = list(_mend(transaction, leaked, missing, listed))
    alive = {icecream.uid for icecream in await icecreams.list() if not icecream.deleting}
    with database.transaction(cluster, datetime.now(UTC)) as transaction:
        for lack in missing:
            if lack.icecream.uid not in alive:  # the operator may have given back before we reserved
                reservations.give_back(transaction, lack.icecream.uid, lack.icecream.name)
    print("\n".join(lines))
    return 0


def _mend(
    transaction: Transaction, leaked: Iterable[Leaked], missing: Iterable[Missing], listed: Sequence[Icecream]
) -> Iterator[str]:
    for leak in leaked:
        yield str(leak)
        reservations.give_back(transaction, leak.reservation.uid, leak.reservation.name)
    for lack in missing:
        yield str(lack)
        try:
            reservations.reserve(transaction, lack.reservation, ahead(lack.icecream, listed))
        except OutOfStockError as error:
            yield f"  {error}: it waits for a refill"


def _scoops(flavour: str, number: int) -> str:
    return f"{flavour}: {number} scoop{'' if number == 1 else 's'}"


def _table(heading: Row, rows: Iterable[Row]) -> list[str]:
    table = [[str(cell) for cell in row] for row in (heading, *rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
