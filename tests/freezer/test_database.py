"""What can be wrong with a database: said in a sentence, for ever or for now, and what is another's stays untouched."""

import contextlib
import os
import pwd
import resource
import socket
import sqlite3
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from icecream_operator.freezer import database as databases
from icecream_operator.freezer import schema
from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import FreezerError, UnavailableError
from tests.freezer import somebody_else
from tests.freezer.inventory import assert_books_balance, put, reserve, stocked, transaction, wish
from tests.freezer.postgresql import PASSWORD, Server
from workshop.system import tempdir


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", " is no URL of a database; one is sqlite:///freezer.db"),
        ("freezer.db", "freezer.db is no URL of a database"),
        ("http:/freezer", "http:/freezer is no URL of a database"),
        ("postgresql://host:port/freezer", "postgresql://host:port/freezer is no URL"),
        ("mysql://host/freezer", "mysql: the freezer knows sqlite:///FILE and postgresql://USER@HOST/DATABASE"),
        ("postgres://host/freezer", "postgres: the freezer knows"),
        ("postgresql+asyncpg://host/freezer", r"postgresql\+asyncpg: the freezer knows"),
        ("sqlite+aiosqlite:///freezer.db", r"sqlite\+aiosqlite: the freezer knows"),
        ("sqlite://", "sqlite without a file would forget all; say sqlite:///freezer.db"),
        ("sqlite:///:memory:", "sqlite without a file would forget all"),
        ("sqlite:///file::memory:?uri=true", "sqlite takes a file and nothing else"),
        ("sqlite://freezer.db", "sqlite without a file"),
        ("sqlite://host/freezer.db", "sqlite takes a file and nothing else"),
        ("sqlite:////nowhere/freezer.db", "/nowhere is not a folder, so no database can be in it"),
        ("sqlite:////", "/ is a folder; the freezer is a file, say /freezer.db"),
        (f"sqlite:////{'x' * 300}", "File name too long"),
    ],
)
def test_a_url_that_can_not_be_a_freezers_is_refused(url: str, problem: str) -> None:
    with pytest.raises(FreezerError, match=problem):
        Database(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql//me:sesame@host/freezer",
        "postgresql://me:sesame@host:port/freezer",
        "mysql://me:sesame@host/freezer",
        "postgresql://me:sesame@127.0.0.1:1/freezer",
        "postgresql://me@127.0.0.1:1/freezer?password=sesame",
        "postgresql://me@127.0.0.1:1/freezer?password=sesame&colour=blue",
    ],
)
def test_a_password_is_never_said(url: str) -> None:
    with pytest.raises((FreezerError, UnavailableError)) as raised, transaction(Database(url)):
        pass
    assert "sesame" not in str(raised.value)


def test_an_option_that_there_is_not_is_refused(postgresql: Server) -> None:
    with pytest.raises(FreezerError, match='invalid connection option "colour"'):
        Database(f"{postgresql.url()}?colour=blue")


def test_without_its_driver_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(FreezerError, match=r"no PostgreSQL driver here .*: pip install 'psycopg\[binary\]'"):
        Database("postgresql://host/freezer")


def test_a_file_that_is_not_a_database_is_refused_and_left_as_it_is(sqlite: str) -> None:
    file = somebody_else.file_of(sqlite)
    file.write_text("dear diary, " * 1000)
    assert_refused(sqlite, "file is not a database")


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_another_programs_file_is_refused_and_left_as_it_is(sqlite: str, mode: str) -> None:
    somebody_else.execute(sqlite, "CREATE TABLE songs (title TEXT)")
    with contextlib.closing(sqlite3.connect(somebody_else.file_of(sqlite))) as file:
        file.execute(f"PRAGMA journal_mode = {mode}")
    assert_refused(sqlite, r"has tables of something else \(songs\): give the freezer a database of its own")


@pytest.mark.parametrize("version", [schema.VERSION - 1, schema.VERSION + 1])
def test_a_schema_of_another_version_is_refused_and_left_as_it_is(url: str, version: int) -> None:
    Database(url).close()
    somebody_else.execute(url, f"UPDATE freezer_schema SET version = {version}")  # noqa: S608
    assert_refused(url, f"has the freezer's tables in version {version}, and this operator knows version 1")


def test_another_programs_postgresql_database_is_refused(postgresql: Server) -> None:
    postgresql.empty()
    somebody_else.execute(postgresql.url(), "CREATE TABLE songs (title TEXT)")
    assert_refused(postgresql.url(), r"has tables of something else \(songs\)")


def assert_refused(url: str, problem: str) -> None:
    """The URL is refused, and its file, if it is one, is what it was to the last byte, with nothing beside it."""
    folder = somebody_else.file_of(url).parent if url.startswith("sqlite") else None
    before = {path.name: path.read_bytes() for path in folder.iterdir()} if folder else {}
    with pytest.raises(FreezerError, match=problem) as raised:
        Database(url)
    assert PASSWORD not in str(raised.value)
    assert before == ({path.name: path.read_bytes() for path in folder.iterdir()} if folder else {})


def test_sqlite_writes_ahead(sqlite: str) -> None:
    Database(sqlite).close()
    with contextlib.closing(sqlite3.connect(somebody_else.file_of(sqlite))) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a tenth of a second where the freezer waits for five."""
    monkeypatch.setattr(databases, "TIMEOUT", 0.1)
    monkeypatch.setitem(databases._POSTGRESQL, "options", "-c statement_timeout=100")


@pytest.mark.usefixtures("_impatient")
def test_a_database_that_is_locked_is_unavailable_until_it_is_free(url: str) -> None:
    with contextlib.closing(Database(url)) as database:
        reserve(database, wish("a", "matcha"))
        with somebody_else.locked(url), pytest.raises(UnavailableError, match=r"database is locked|statement timeout"):
            reserve(database, wish("b", "matcha"))
        reserve(database, wish("b", "matcha"))
        assert_books_balance(database)


@pytest.mark.usefixtures("_impatient")
def test_one_that_is_locked_at_first_is_prepared_later(sqlite: str) -> None:
    somebody_else.file_of(sqlite).touch()
    with somebody_else.locked(sqlite):
        database = Database(sqlite)
        with pytest.raises(UnavailableError, match="database is locked"):
            stocked(database)
    put(database, matcha=1)
    assert stocked(database) == {"matcha": 1}
    database.close()


def test_a_disk_that_is_full_is_unavailable_and_nothing_is_half_done(sqlite: str) -> None:
    with contextlib.closing(Database(sqlite)) as database:
        put(database, matcha=5)
        with full_disk(somebody_else.file_of(sqlite)), pytest.raises(UnavailableError, match=r"full|disk I/O error"):
            reserve(database, wish("a", "matcha", "vanilla"))
        assert_books_balance(database)
        assert stocked(database) == {"matcha": 5}
        reserve(database, wish("a", "matcha"))


@contextlib.contextmanager
def full_disk(file: Path) -> Iterator[None]:
    """No file gets longer than the shortest of the database's, inside the `with`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = min(path.stat().st_size for path in file.parent.glob(f"{file.name}*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that everybody may look into; inside the test we are somebody who isn't root."""
    with tempdir.temporary_directory() as folder:
        for path in (folder, folder.parent):
            path.chmod(0o711)
        yield folder


@contextlib.contextmanager
def not_root() -> Iterator[None]:
    """Be `nobody` inside the `with`, where we are root, whom no file mode stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("mode", [0o444, 0o000])
def test_a_file_that_may_not_be_written_is_unavailable_until_it_may(public_folder: Path, mode: int) -> None:
    file = public_folder / "freezer.db"
    Database(f"sqlite:///{file}").close()
    file.chmod(mode)
    refused = pytest.raises(UnavailableError, match=r"readonly database|unable to open")
    with not_root(), contextlib.closing(Database(f"sqlite:///{file}")) as database, refused:
        put(database, matcha=1)
    file.chmod(0o666)
    with contextlib.closing(Database(f"sqlite:///{file}")) as database:
        put(database, matcha=1)


def test_a_folder_that_may_not_be_looked_into_is_refused(public_folder: Path) -> None:
    hidden = public_folder / "hidden"
    (hidden / "folder").mkdir(parents=True)
    hidden.chmod(0o700)
    if os.geteuid() != 0:
        hidden.chmod(0o000)
    with not_root(), pytest.raises(FreezerError, match="Permission denied"):
        Database(f"sqlite:///{hidden}/folder/freezer.db")
    hidden.chmod(0o700)


def test_a_wrong_password_is_unavailable_and_not_said(postgresql: Server) -> None:
    database = Database(postgresql.url(password="barbarossa"))
    with pytest.raises(UnavailableError, match="password authentication failed") as raised:
        stocked(database)
    assert "barbarossa" not in str(raised.value)
    assert "freezer:***@" in str(raised.value)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        database = Database(f"postgresql://me@127.0.0.1:{bound.getsockname()[1]}/freezer")
        with pytest.raises(UnavailableError, match="Connection refused"):
            stocked(database)


def test_a_database_that_was_restarted_is_found_again(postgresql: Server) -> None:
    postgresql.empty()
    with contextlib.closing(Database(postgresql.url())) as database:
        put(database, matcha=5)
        postgresql.stop()
        with pytest.raises(UnavailableError):
            put(database, matcha=4)
        postgresql.start()
        put(database, matcha=3)
        assert stocked(database) == {"matcha": 3}


def test_one_that_was_restarted_while_nobody_asked_it_was_never_away(postgresql: Server) -> None:
    postgresql.empty()
    with contextlib.closing(Database(postgresql.url())) as database:
        put(database, matcha=5)
        postgresql.stop()
        postgresql.start()
        assert stocked(database) == {"matcha": 5}


def test_a_server_that_does_not_answer_at_all_is_given_up(postgresql: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "_LIMIT", 0.2)
    postgresql.empty()
    with contextlib.closing(Database(postgresql.url())) as database:
        put(database, matcha=5)
        with ThreadPoolExecutor() as thread, postgresql.frozen(), pytest.raises(UnavailableError):
            thread.submit(put, database, matcha=4).result(timeout=30)
        put(database, matcha=3)
        assert_books_balance(database)
