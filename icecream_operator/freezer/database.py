"""The database behind the freezer, by URL: SQLite for a laptop and one replica, PostgreSQL for the rest.

Blocking calls, each with a limit of time. `freezer` keeps them off the event loop.
"""

import contextlib
import os
import socket
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc

from icecream_operator.freezer import schema
from icecream_operator.freezer.errors import FreezerError, UnavailableError
from icecream_operator.freezer.url import parse

TIMEOUT = 5  # seconds that a connection, a lock or a statement may take
_LIMIT = 2 * TIMEOUT  # seconds for a transaction, where a server doesn't even answer that it is late
_MILLISECONDS = TIMEOUT * 1000
_LOCK = 0x1CEC12EA  # any number that others don't take for a lock of theirs
_POSTGRESQL = {
    "connect_timeout": TIMEOUT,
    "tcp_user_timeout": _MILLISECONDS,
    "options": f"-c statement_timeout={_MILLISECONDS} -c idle_in_transaction_session_timeout={_MILLISECONDS}",
}
_DRIVER = "postgresql+psycopg"
_FINAL = "not a database", "invalid connection option"  # of a driver's messages, those that will always be the same


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction on the rows of one cluster. It is committed at the end of its `with`, or not at all.

    There is one at a time, in SQLite as in PostgreSQL: whoever has read a number may rely on it until the end.
    """

    connection: Connection
    cluster: str
    now: datetime


class Database:
    """A database that is the freezer's, or will be once it can be reached."""

    def __init__(self, url: str) -> None:
        """Find the driver, and look at what is there.

        Raises:
            FreezerError: there can't be a freezer at this URL.
        """
        parsed = parse(url)
        self.name = parsed.set(query={}).render_as_string(hide_password=True)  # a password may be in the query too
        self._engine = _engine(parsed)
        self._driver_connection: Any = None
        event.listen(self._engine, "connect", self._on_connect)
        self._prepared = False
        try:
            self.prepare()
        except UnavailableError:
            pass  # it may be there later
        except FreezerError:
            self.close()
            raise

    def prepare(self) -> None:
        """Make the tables if the database is empty.

        Raises:
            UnavailableError: it can't be reached now. The next transaction tries again.
            FreezerError: it isn't a freezer's.
        """
        with self._connected():
            pass

    @contextlib.contextmanager
    def transaction(self, cluster: str, now: datetime) -> Iterator[Transaction]:
        """A transaction for the length of a `with`.

        Raises:
            UnavailableError: it can't be had now, or was not committed.
            FreezerError: the database isn't a freezer's.
        """
        with self._connected() as connection:
            yield Transaction(connection, cluster, now)

    def close(self) -> None:
        """End the connections."""
        self._engine.dispose()

    def interrupt(self) -> None:
        """End the connection that waits for a server, from another thread; a file is never waited for that long."""
        connection = self._driver_connection
        if connection and self._engine.name == "postgresql" and not connection.closed:
            with socket.socket(fileno=os.dup(connection.fileno())) as same, contextlib.suppress(OSError):
                same.shutdown(socket.SHUT_RDWR)

    def _on_connect(self, connection: Any, _record: object) -> None:
        self._driver_connection = connection

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self._limited(), self._engine.begin() as connection:
                if not self._prepared:
                    schema.prepare(connection)
                yield connection
            if not self._prepared:
                self._use_wal()
            self._prepared = True
        except FreezerError as error:
            raise FreezerError(f"{self.name} {error}") from error
        except (exc.DBAPIError, exc.TimeoutError) as error:
            message = str(getattr(error, "orig", None) or error).partition("\n")[0]
            if any(final in message for final in _FINAL):
                raise FreezerError(f"{self.name}: {message}") from error
            raise UnavailableError(f"the freezer at {self.name} is not available: {message}") from error

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """Interrupt what takes too long inside the `with`. SQLite does that by itself."""
        if self._engine.name == "sqlite":
            yield
            return
        timer = threading.Timer(_LIMIT, self.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _use_wal(self) -> None:
        """Have those who read and those who write not wait for each other. It is kept in the file, so it comes last.

        Where somebody else is in the file just now, the next one to start does it.
        """
        if self._engine.name == "sqlite":
            with contextlib.closing(self._engine.raw_connection()) as pooled, contextlib.suppress(sqlite3.Error):
                pooled.cursor().execute("PRAGMA journal_mode = WAL")


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    try:
        engine = (
            create_engine(url, connect_args={"timeout": TIMEOUT})
            if sqlite
            else create_engine(url.set(drivername=_DRIVER), connect_args=_POSTGRESQL, pool_pre_ping=True)
        )
    except ImportError as error:
        raise FreezerError(f"there is no PostgreSQL driver here ({error}): pip install 'psycopg[binary]'") from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _lock_sqlite if sqlite else _lock_postgresql)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last moments: `repair` mends that


def _lock_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_postgresql(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
