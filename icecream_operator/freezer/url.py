"""The URL of a freezer's database: what can't be one is said before anything is opened, and never with a password."""

from pathlib import Path

from sqlalchemy import URL, exc, make_url

from icecream_operator.freezer.errors import FreezerError

SQLITE = "sqlite", "sqlite+pysqlite"
POSTGRESQL = "postgresql", "postgresql+psycopg"


def parse(url: str) -> URL:
    """Read a URL.

    Raises:
        FreezerError: there can't be a freezer.
    """
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        _, at, host = url.rpartition("@")  # before the @ there may be a password
        raise FreezerError(f"{at and '…@'}{host} is no URL of a database; one is sqlite:///freezer.db") from None
    if parsed.drivername not in SQLITE + POSTGRESQL:
        raise FreezerError(f"{parsed.drivername}: the freezer knows sqlite:///FILE and postgresql://USER@HOST/DATABASE")
    if parsed.drivername in SQLITE:
        _check_file(parsed)
    return parsed


def _check_file(url: URL) -> None:
    if not url.database or url.database == ":memory:":
        raise FreezerError("sqlite without a file would forget all; say sqlite:///freezer.db")
    if url.query or url.host:
        raise FreezerError("sqlite takes a file and nothing else; say sqlite:///freezer.db")
    file = Path(url.database)
    try:
        if not file.parent.is_dir():
            raise FreezerError(f"{file.parent} is not a folder, so no database can be in it")
        if file.is_dir():
            raise FreezerError(f"{file} is a folder; the freezer is a file, say {file / 'freezer.db'}")
    except OSError as error:
        raise FreezerError(f"{file}: {error.strerror}") from error
