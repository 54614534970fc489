"""The database behind the freezer, by URL: SQLite for a laptop and one replica, PostgreSQL for the rest.

Blocking calls, each with a limit of time. `freezer` keeps them off the event loop.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from icecream_operator.freezer import schema
from icecream_operator.freezer.errors import FreezerError, UnavailableError

TIMEOUT = 5  # seconds that a connection, a lock or a statement may take
_MILLISECONDS = TIMEOUT * 1000
_LOCK = 0x1CEC12EA  # any number that others don't take for a lock of theirs
_POSTGRESQL = {
    "connect_timeout": TIMEOUT,
    "tcp_user_timeout": _MILLISECONDS,
    "options": f"-c statement_timeout={_MILLISECONDS} -c idle_in_transaction_session_timeout={_MILLISECONDS}",
}


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
        parsed = _parse(url)
        self.name = parsed.render_as_string(hide_password=True)
        self._engine = _engine(parsed)
        self._prepared = False
        with contextlib.suppress(UnavailableError):
            self.prepare()

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

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                if not self._prepared:
                    schema.prepare(connection)
                yield connection
            self._prepared = True
        except FreezerError as error:
            raise FreezerError(f"{self.name} {error}") from error
        except (exc.DBAPIError, exc.TimeoutError) as error:
            message = str(getattr(error, "orig", None) or error).partition("\n")[0]
            if "not a database" in message:
                raise FreezerError(f"{self.name} is not a database") from error
            raise UnavailableError(f"the freezer at {self.name} is not available: {message}") from error


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError:
        raise FreezerError(f"{url!r} is no URL of a database; one is sqlite:///freezer.db") from None
    kind = parsed.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise FreezerError(f"{kind}: the freezer knows sqlite:///FILE and postgresql://USER@HOST/DATABASE")
    if kind == "sqlite":
        file = parsed.database
        if not file or file == ":memory:":
            raise FreezerError("sqlite without a file would forget all; say sqlite:///freezer.db")
        if not Path(file).parent.is_dir():
            raise FreezerError(f"{Path(file).parent} is not a folder, so no database can be in it")
    return parsed


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    options: dict[str, Any] = {"timeout": TIMEOUT} if sqlite else _POSTGRESQL
    try:
        engine = create_engine(url, connect_args=options, pool_pre_ping=not sqlite)
    except (exc.NoSuchModuleError, ModuleNotFoundError) as error:
        raise FreezerError(
            f"there is no driver for {url.drivername} here ({error}); the freezer's own: pip install 'psycopg[binary]'"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _lock_sqlite if sqlite else _lock_postgresql)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    connection.execute("PRAGMA journal_mode = WAL")  # who reads and who writes don't wait for each other
    connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may cost the last moments: `repair` mends that


def _lock_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _lock_postgresql(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
