"""The operator and a freezer that has enough, too little, or nothing."""

from collections.abc import Iterator

import pytest

from icecream_operator.freezer.database import Database
from icecream_operator.freezer.stock import DEFAULT_SCOOPS
from tests.freezer.inventory import assert_books_balance, put, reserved, stocked
from tests.operator.shop import create, eventually_event, eventually_left, eventually_ready, icecreams_of
from workshop.system.polling import eventually
from workshop.testing.icecreams import Body, manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop

WAITING = "OutOfStock"


@pytest.fixture
def operator(shop: Shop, url: str, database: Database, cluster: str) -> Iterator[OperatorProcess]:
    with shop.operator("--on-oversell=mark", f"--freezer-url={url}") as process:
        yield process
        assert "Traceback" not in process.output()
    assert_books_balance(database, cluster)


def eventually_reserved(database: Database, cluster: str, **flavours: set[str]) -> None:
    """Wait until these have reserved this, and nobody else but the shop's own has anything."""

    def look() -> None:
        seen = reserved(database, cluster)
        assert {name: seen[name] for name in seen if not name.startswith("zz-probe")} == flavours

    eventually(look)


def condition(icecream: Body) -> tuple[str, str]:
    (ready,) = icecream["status"]["conditions"]
    return ready["status"], ready["message"]


pytestmark = pytest.mark.usefixtures("operator")


def test_what_is_out_of_stock_waits_and_is_neither_evicted_nor_an_error(
    shop: Shop, database: Database, cluster: str, operator: OperatorProcess
) -> None:
    put(database, cluster, matcha=1)
    create(shop, manifest("a", "matcha"), manifest("b", "matcha", "vanilla"))
    eventually_ready(shop, a="Sold", b=WAITING)
    assert condition(icecreams_of(shop)["b"]) == ("False", "matcha is out of stock; waiting for a refill")
    eventually_event(shop, "b", WAITING, "matcha is out of stock; waiting for a refill")
    eventually_reserved(database, cluster, a={"matcha"})
    shop.settle()
    assert [str(write) for write in shop.writes("b")] == [
        "patch icecreams b: HTTP 200",
        "patch icecreams/status b: HTTP 200",
    ]
    assert "looking again" not in operator.output()


def test_a_refill_serves_who_waits_the_oldest_first(shop: Shop, database: Database, cluster: str) -> None:
    put(database, cluster, matcha=0)
    create(shop, *(manifest(name, "matcha") for name in "abc"))
    eventually_ready(shop, a=WAITING, b=WAITING, c=WAITING)
    put(database, cluster, matcha=1)
    eventually_ready(shop, a="Sold", b=WAITING, c=WAITING)
    put(database, cluster, matcha=2)
    eventually_left(shop, "a", "b", "c")


def test_what_an_older_one_waits_for_is_kept_for_it(shop: Shop, database: Database, cluster: str) -> None:
    put(database, cluster, matcha=1, vanilla=0)
    create(shop, manifest("a", "matcha", "vanilla"), manifest("b", "matcha"))
    eventually_ready(shop, a=WAITING, b=WAITING)
    put(database, cluster, vanilla=1)
    eventually_ready(shop, a="Sold")
    eventually_reserved(database, cluster, a={"matcha", "vanilla"})
    assert condition(icecreams_of(shop)["b"])[0] == "False"


def test_what_is_given_back_serves_who_waits(shop: Shop, database: Database, cluster: str) -> None:
    put(database, cluster, matcha=1)
    create(shop, manifest("a", "matcha"), manifest("b", "matcha"))
    eventually_ready(shop, a="Sold", b=WAITING)
    shop.cancel("a")
    eventually_left(shop, "b")
    eventually_reserved(database, cluster, b={"matcha"})


def test_what_is_cancelled_while_it_waits_goes_at_once(shop: Shop, database: Database, cluster: str) -> None:
    put(database, cluster, matcha=0)
    create(shop, manifest("a", "matcha"))
    eventually_ready(shop, a=WAITING)
    shop.cancel("a")
    eventually_left(shop)


def test_a_change_of_flavour_moves_the_scoop(shop: Shop, database: Database, cluster: str) -> None:
    create(shop, manifest("a", "matcha", "vanilla"))
    eventually_reserved(database, cluster, a={"matcha", "vanilla"})
    shop.change("a", flavour=["vanilla", "zest"])
    eventually_reserved(database, cluster, a={"vanilla", "zest"})
    seen = stocked(database, cluster)
    assert [seen[name] - DEFAULT_SCOOPS for name in ("matcha", "vanilla", "zest")] == [0, -1, -1]


def test_a_change_to_what_is_out_of_stock_keeps_the_old_one_until_it_can_move(
    shop: Shop, database: Database, cluster: str
) -> None:
    put(database, cluster, vanilla=0)
    create(shop, manifest("a", "matcha"))
    eventually_ready(shop, a="Sold")
    shop.change("a", flavour=["vanilla"])
    eventually_ready(shop, a=WAITING)
    eventually_reserved(database, cluster, a={"matcha"})
    put(database, cluster, vanilla=1)
    eventually_ready(shop, a="Sold")
    eventually_reserved(database, cluster, a={"vanilla"})


def test_what_is_oversold_reserves_nothing_until_it_is_sold(shop: Shop, database: Database, cluster: str) -> None:
    create(shop, *(manifest(name, "matcha", "vanilla") for name in "abcd"))
    eventually_ready(shop, a="Sold", b="Sold", c="Sold", d="Oversold")
    both = {"matcha", "vanilla"}
    eventually_reserved(database, cluster, a=both, b=both, c=both)
    shop.cancel("a")
    eventually_left(shop, "b", "c", "d")
    eventually_reserved(database, cluster, b=both, c=both, d=both)


def test_what_becomes_oversold_gives_back_what_it_had(shop: Shop, database: Database, cluster: str) -> None:
    create(shop, manifest("a", "vanilla"), *(manifest(name, "matcha") for name in "bcd"))
    eventually_left(shop, "a", "b", "c", "d")
    shop.change("a", flavour=["matcha"])
    eventually_ready(shop, a="Sold", d="Oversold")
    eventually_reserved(database, cluster, a={"matcha"}, b={"matcha"}, c={"matcha"})


def test_a_flavour_that_postgresql_can_not_store_is_invalid_and_stops_nobody(shop: Shop) -> None:
    create(shop, manifest("a", "mat\0cha"), manifest("b", "vanilla"))
    eventually_ready(shop, a="InvalidSpec", b="Sold")
    assert condition(icecreams_of(shop)["a"])[1].startswith("spec.flavour has a NUL character")
    shop.change("a", flavour=["matcha"])
    eventually_ready(shop, a="Sold")
