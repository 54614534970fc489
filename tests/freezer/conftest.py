"""A freezer in SQLite and in a real PostgreSQL, and a shop with the operator."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from icecream_operator.freezer.database import Database
from tests.freezer import postgresql as pg
from tests.freezer.postgresql import Server
from tests.operator.conftest import kubeconfig, serving, shop
from workshop.testing.control_plane import ControlPlane

__all__ = ["kubeconfig", "serving", "shop"]  # fixtures


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server for all tests that leave it running."""
    try:
        with pg.running() as server:
            yield server
    except pg.MissingError as error:
        if "CI" in os.environ:
            raise
        pytest.skip(str(error))


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The URL of a file that isn't there yet."""
    return f"sqlite:///{tmp_path / 'freezer.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of either kind."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        server.empty()
        return server.url()
    sqlite: str = request.getfixturevalue("sqlite")
    return sqlite


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A freezer of either kind, with nothing in it."""
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def cluster(serving: ControlPlane) -> str:
    """The uid by which the freezer knows the cluster."""
    return str(serving.get("namespace", "kube-system")["metadata"]["uid"])
