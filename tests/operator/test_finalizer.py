"""An icecream goes when what was reserved for it is given back, and not before, whoever deletes it and however."""

from http import HTTPStatus
from pathlib import Path

import pytest

from tests.operator.freezer_rows import FreezerRows
from tests.operator.rest import until_at_rest
from tests.operator.shop import HOLD, create, eventually_left, eventually_ready, eventually_says, icecreams_of
from workshop.system.polling import eventually
from workshop.testing import crd, probe
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop

FINALIZER = "demo.lva.io/finalizer"


def freezer(shop: Shop) -> Path:
    return shop.cluster.folder / "freezer.db"


def finalizers(shop: Shop, name: str) -> list[str]:
    return list(icecreams_of(shop)[name]["metadata"].get("finalizers", ()))


def eventually_reserved(shop: Shop, *flavours: str) -> None:
    def look() -> None:
        reserved = sorted(flavour for each in FreezerRows(freezer(shop)).reserved.values() for flavour in each)
        assert [flavour for flavour in reserved if not flavour.startswith(probe.PREFIX)] == sorted(flavours)

    eventually(look)


def test_it_is_there_before_anything_is_reserved(shop: Shop) -> None:
    with shop.operator() as operator:
        shop.settle()
        with shop.forbidden("patch", "icecreams", role="demooperator-finalizer-role"):
            create(shop, manifest("a", "wanted by nobody else"))
            eventually_says(operator, "[a] writing the finalizers", "is forbidden")
            assert "wanted by nobody else" not in FreezerRows(freezer(shop)).stock
        eventually_ready(shop, a="Sold")
    assert [write.resource for write in shop.writes("a") if write.code == HTTPStatus.OK] == [
        "icecreams",
        "icecreams/status",
    ]


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_the_finalizers_of_others_stay_and_their_order_does_not_matter(shop: Shop, first: str) -> None:
    create(shop, manifest("a", "matcha", finalizers=[HOLD] if first == "theirs" else []))
    eventually_ready(shop, a="Sold")
    if first == "ours":
        shop.icecreams.patch("a", {"metadata": {"finalizers": [FINALIZER, HOLD]}})
    shop.cancel("a")

    def only_theirs_is_left() -> None:
        assert finalizers(shop, "a") == [HOLD]

    eventually(only_theirs_is_left)
    eventually_reserved(shop)
    shop.icecreams.patch("a", {"metadata": {"finalizers": None}})
    eventually_left(shop)


def test_what_is_being_deleted_already_gets_none(shop: Shop) -> None:
    create(shop, manifest("a", "matcha", finalizers=[HOLD]))
    shop.cancel("a")
    with shop.operator():
        shop.settle()
        assert shop.writes("a") == []
        assert finalizers(shop, "a") == [HOLD]


@pytest.mark.usefixtures("operator")
def test_one_that_was_edited_away_is_put_back(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"))
    eventually_ready(shop, a="Sold")
    shop.icecreams.patch("a", {"metadata": {"finalizers": None}})

    def is_back() -> None:
        assert finalizers(shop, "a") == [FINALIZER]

    eventually(is_back)


def test_what_was_deleted_while_it_was_down_is_given_back_when_it_comes_again(shop: Shop) -> None:
    with shop.operator():
        create(shop, manifest("a", "matcha"), manifest("b", "vanilla"))
        eventually_ready(shop, a="Sold", b="Sold")
        shop.kill_operator()
    shop.cancel("a")
    assert finalizers(shop, "a") == [FINALIZER]
    with shop.operator():
        eventually_left(shop, "b")
        eventually_reserved(shop, "vanilla")


@pytest.mark.usefixtures("operator")
def test_who_is_evicted_later_gives_back_what_it_had(shop: Shop) -> None:
    create(shop, manifest("a", "vanilla"), *(manifest(name, "matcha") for name in ("b", "c", "d")))
    eventually_ready(shop, a="Sold", b="Sold", c="Sold", d="Sold")
    shop.change("a", flavour=["matcha"])
    eventually_left(shop, "a", "b", "c")
    eventually_reserved(shop, "matcha", "matcha", "matcha")


def test_what_goes_without_its_finalizer_is_given_back_all_the_same(shop: Shop) -> None:
    with shop.operator() as operator:
        create(shop, manifest("a", "matcha"))
        eventually_ready(shop, a="Sold")
        with shop.forbidden("patch", "icecreams", role="demooperator-finalizer-role"):
            shop.icecreams.patch("a", {"metadata": {"finalizers": None}})
            shop.cancel("a")
            eventually_reserved(shop)
        eventually_says(operator, "[a] Repair: a is gone, and matcha is reserved for it")


def test_a_status_that_cannot_be_written_costs_no_second_scoop(shop: Shop) -> None:
    with shop.operator() as operator:
        shop.settle()
        with shop.forbidden("patch", "icecreams/status"):
            create(shop, manifest("a", "matcha"))
            eventually_says(operator, "[a] writing the status", "looking again in")
        eventually_ready(shop, a="Sold")
        eventually_reserved(shop, "matcha")


@pytest.mark.slow
def test_a_thousand_that_are_deleted_at_once_give_back_each_its_own(shop: Shop) -> None:
    names = [f"ice-{number}" for number in range(1000)]
    with shop.operator() as operator:
        create(shop, *(manifest(name, f"flavour {number}") for number, name in enumerate(names)))
        until_at_rest(shop.icecreams, evicts=True, freezer=freezer(shop))
        shop.cluster.kubectl("delete", "icecreams", "--all", "--wait=false")
        until_at_rest(shop.icecreams, evicts=True, freezer=freezer(shop))
        eventually_left(shop)
        eventually_reserved(shop)
        assert "Traceback" not in operator.output()


@pytest.mark.slow
@pytest.mark.parametrize("running", [True, False], ids=["operator up", "operator down"])
def test_a_crd_with_a_hundred_icecreams_goes_when_the_operator_has_given_back_all(
    fresh_shop: Shop, running: bool
) -> None:
    shop = fresh_shop
    crd.establish(shop.cluster)
    names = [f"ice-{number}" for number in range(100)]
    with shop.operator():
        create(shop, *(manifest(name, f"flavour {number}") for number, name in enumerate(names)))
        until_at_rest(shop.icecreams, evicts=True, freezer=freezer(shop))
        if running:
            shop.cluster.kubectl("delete", "crd", "icecreams.demo.lva.io", "--timeout=60s")
        else:
            shop.kill_operator()
            shop.cluster.kubectl("delete", "crd", "icecreams.demo.lva.io", "--wait=false")
    if not running:
        assert icecreams_of(shop).keys() == set(names)
        with shop.operator():
            shop.cluster.kubectl("wait", "--for=delete", "crd/icecreams.demo.lva.io", "--timeout=60s")
    assert FreezerRows(freezer(shop)).reserved == {}
