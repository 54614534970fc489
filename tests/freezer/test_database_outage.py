"""The database is locked, stopped, or doesn't answer at all, under an operator that runs, or starts, or ends."""

import contextlib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from icecream_operator.freezer.database import Database
from tests.freezer import somebody_else
from tests.freezer.inventory import assert_books_balance, reserved
from tests.freezer.postgresql import Server
from tests.operator.shop import (
    create,
    eventually_left,
    eventually_ready,
    eventually_says,
    eventually_status,
    icecreams_of,
)
from tests.operator.test_health import FREE, address
from workshop.system.polling import eventually
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop

pytestmark = pytest.mark.slow

AWAY = "FreezerUnavailable"
Outage = Callable[[], AbstractContextManager[None]]


@contextlib.contextmanager
def stopped(server: Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.fixture
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def kinds(*kinds: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("kind", kinds, indirect=True)


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database."""
    if kind.startswith("sqlite"):
        return str(request.getfixturevalue("sqlite"))
    server: Server = request.getfixturevalue("postgresql")
    server.empty()
    return server.url()


@pytest.fixture
def outage(kind: str, url: str, request: pytest.FixtureRequest) -> Outage:
    """Have the database be away inside a `with`."""
    if kind.endswith("locked"):
        return lambda: somebody_else.locked(url)
    if kind.endswith("read-only"):
        return lambda: somebody_else.read_only(url)
    server: Server = request.getfixturevalue("postgresql")
    return server.frozen if kind.endswith("frozen") else lambda: stopped(server)


@pytest.fixture
def freezer(url: str) -> str:
    """The option for the operator; the tables are there."""
    Database(url).close()
    return f"--freezer-url={url}"


def assert_alive(operator: OperatorProcess) -> None:
    """Its event loop isn't blocked: it answers within a second."""
    with urllib.request.urlopen(address(operator, "/healthz"), timeout=1) as response:
        assert response.status == 200


def is_held(shop: Shop, name: str) -> None:
    assert "deletionTimestamp" in icecreams_of(shop)[name]["metadata"]


@kinds("sqlite locked", "postgresql locked", "postgresql stopped", "postgresql frozen", "postgresql read-only")
def test_in_the_middle(shop: Shop, url: str, freezer: str, outage: Outage, cluster: str) -> None:
    with shop.operator(freezer, f"--health-probe-bind-address={FREE}") as operator:
        create(shop, manifest("cancelled", "vanilla"), manifest("settled", "matcha"))
        eventually_left(shop, "cancelled", "settled")
        with outage():
            settled = shop.icecreams.patch("settled", {"metadata": {"labels": {"table": "7"}}})
            shop.cancel("cancelled")
            create(shop, manifest("new", "zest", topping=["nuts"]))
            eventually_status(shop, "new", toppingsCount=1)
            eventually_ready(shop, new=AWAY)
            eventually(lambda: _has_event(shop, "new"))
            eventually(lambda: _has_event(shop, "cancelled"))
            is_held(shop, "cancelled")
            create(shop, manifest("newer", "zest"))
            eventually_ready(shop, newer=AWAY)
            assert_alive(operator)
            assert icecreams_of(shop)["settled"] == settled
        eventually_left(shop, "settled", "new", "newer")
        assert icecreams_of(shop)["settled"] == settled
        output = operator.output()
        assert operator.terminate() == 0
    assert "Traceback" not in output
    assert "is not available" in output
    assert "Repair" not in output
    assert "sesame" not in output
    with contextlib.closing(Database(url)) as database:
        assert_books_balance(database, cluster)
        assert set(reserved(database, cluster)) >= {"settled", "new", "newer"}
        assert "cancelled" not in reserved(database, cluster)


def _has_event(shop: Shop, name: str) -> None:
    assert AWAY in [reason for reason, _ in shop.events(name)]


@kinds("sqlite locked", "postgresql stopped", "postgresql read-only")
def test_at_the_start(shop: Shop, freezer: str, outage: Outage) -> None:
    with contextlib.ExitStack() as away:
        away.enter_context(outage())
        with shop.operator(freezer) as operator:
            create(shop, manifest("a", "matcha"))
            eventually_ready(shop, a=AWAY)
            eventually_says(
                operator, "the freezer at", "is not available", "Whoever needs it waits", "looking again in"
            )
            away.close()
            eventually_left(shop, "a")
            assert operator.terminate() == 0
    assert "Traceback" not in operator.output()


@kinds("sqlite locked", "postgresql frozen")
def test_a_signal_ends_it(shop: Shop, freezer: str, outage: Outage) -> None:
    with shop.operator(freezer) as operator:
        create(shop, manifest("a", "matcha"))
        eventually_left(shop, "a")
        with outage():
            create(shop, manifest("b", "matcha"))
            assert operator.terminate() == 0
    assert "Traceback" not in operator.output()


def test_a_wrong_password_is_waited_for_and_never_said(shop: Shop, postgresql: Server) -> None:
    with shop.operator(f"--freezer-url={postgresql.url(password='barbarossa')}") as operator:
        create(shop, manifest("a", "matcha"))
        eventually_ready(shop, a=AWAY)
        eventually_says(operator, "password authentication failed", "looking again in")
        assert "barbarossa" not in operator.output() + str(icecreams_of(shop)["a"])
