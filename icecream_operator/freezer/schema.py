"""The freezer's tables, made in an empty database, and left alone wherever they aren't exactly these.

Every row carries the uid of its cluster's namespace kube-system, which is what names a cluster: so a cluster that was
made anew, or another one that uses the same database, neither sees nor gives back what isn't its own.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    inspect,
    select,
    update,
)

from icecream_operator.freezer.errors import FreezerError

VERSION = 1

METADATA = MetaData()

version = Table("freezer_schema", METADATA, Column("version", Integer, nullable=False))

stock = Table(
    "freezer_stock",
    METADATA,
    Column("cluster", String, primary_key=True),
    Column("flavour", String, primary_key=True),
    Column("scoops", BigInteger, CheckConstraint("scoops >= 0", name="freezer_stock_not_negative"), nullable=False),
)

reservations = Table(  # a row is one scoop
    "freezer_reservations",
    METADATA,
    Column("cluster", String, primary_key=True),
    Column("uid", String, primary_key=True),
    Column("flavour", String, primary_key=True),
    Column("name", String, nullable=False),
)

ledger = Table(  # rows are added and never touched again
    "freezer_ledger",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("cluster", String, nullable=False, index=True),
    Column("time", String, nullable=False),  # RFC 3339, UTC
    Column("flavour", String, nullable=False),
    Column("scoops", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("uid", String, nullable=False),  # of the icecream, or empty
    Column("name", String, nullable=False),
)


def prepare(connection: Connection) -> None:
    """Make the tables in an empty database; in any other one look whether they are these.

    Raises:
        FreezerError: they aren't. Nothing was touched.
    """
    names = sorted(inspect(connection).get_table_names())
    if not names:
        METADATA.create_all(connection)
        connection.execute(insert(version).values(version=VERSION))
        return
    if version.name not in names:
        raise FreezerError(f"has tables of something else ({names[0]}): give the freezer a database of its own")
    seen = connection.scalar(select(version.c.version))
    if seen != VERSION:
        raise FreezerError(f"has the freezer's tables in version {seen}, and this operator knows version {VERSION}")


def write(connection: Connection) -> None:
    """Write something, and change nothing.

    Raises:
        DBAPIError: it can't be written.
    """
    connection.execute(update(version).values(version=version.c.version))
