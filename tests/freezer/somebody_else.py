"""A database in the hands of somebody else: another program's, one that is locked, one from yesterday or tomorrow."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import make_url


def file_of(url: str) -> Path:
    """The file of a SQLite URL."""
    database = make_url(url).database
    assert database
    return Path(database)


def execute(url: str, *statements: str) -> None:
    """Have somebody else do this, and go."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(file_of(url))) as file, file:
            for statement in statements:
                file.execute(statement)
    else:
        with psycopg.connect(url) as connection:
            for statement in statements:
                connection.execute(statement.encode())


@contextlib.contextmanager
def locked(url: str) -> Iterator[None]:
    """Somebody else is in the middle of a transaction inside the `with`."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(file_of(url), isolation_level=None)) as file:
            file.execute("BEGIN IMMEDIATE")
            yield
    else:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE freezer_stock, freezer_reservations, freezer_ledger IN EXCLUSIVE MODE")
            yield
