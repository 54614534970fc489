"""A database in the hands of somebody else: another program's, one that is locked, one from yesterday or tomorrow."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy import make_url

from icecream_operator.freezer import database


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
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [database._LOCK])
            yield


@contextlib.contextmanager
def read_only(url: str) -> Iterator[None]:
    """It can be read and not be written inside the `with`, as a PostgreSQL that stands by for another one."""
    _set_read_only(url, "on")
    try:
        yield
    finally:
        _set_read_only(url, "off")


def _set_read_only(url: str, value: str) -> None:
    with psycopg.connect(url, options="-c default_transaction_read_only=off") as connection:
        connection.execute(f"ALTER DATABASE postgres SET default_transaction_read_only = {value}".encode())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid != pg_backend_pid()"
        )
