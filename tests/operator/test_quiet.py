"""An operator writes what differs, once, and nothing else. Counted in the API server's audit log."""

import pytest

from tests.operator.shop import (
    create,
    eventually_event,
    eventually_left,
    eventually_ready,
    eventually_status,
    icecreams_of,
)
from workshop.testing.icecreams import OVERSOLD, manifest, view
from workshop.testing.shop import Shop


@pytest.mark.usefixtures("operator")
def test_an_icecream_costs_two_writes_its_finalizer_and_its_status(shop: Shop) -> None:
    names = [f"ice-{number}" for number in range(10)]
    create(shop, *(manifest(name, f"flavour of {name}") for name in names))
    eventually_ready(shop, **dict.fromkeys(names, "Sold"))
    shop.settle()
    writes = [f"patch {resource} {name}: HTTP 200" for name in names for resource in ("icecreams", "icecreams/status")]
    assert sorted(map(str, shop.writes())) == sorted(writes)


@pytest.mark.usefixtures("operator")
def test_what_does_not_concern_it_costs_none(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"))
    eventually_ready(shop, a="Sold")
    before = shop.writes()
    shop.cluster.kubectl("label", "icecream", "a", "table=7")
    shop.cluster.kubectl("annotate", "icecream", "a", "note=for Ada")
    shop.settle()
    assert shop.writes() == before


@pytest.mark.parametrize("mode", ["evict", "mark"])
def test_a_restart_costs_none(shop: Shop, mode: str) -> None:
    create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c")), manifest("d", "vanilla"))
    with shop.operator(f"--on-oversell={mode}"):
        for name, sold_out in (("a", True), ("b", True), ("c", True), ("d", False)):
            eventually_status(shop, name, soldOut=sold_out)
        shop.settle()
    with shop.operator(f"--on-oversell={mode}"):
        shop.settle()
        assert shop.writes() == []


@pytest.mark.usefixtures("operator")
def test_a_status_that_somebody_else_wrote_is_put_right(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"))
    eventually_ready(shop, a="Sold")
    shop.icecreams.patch_status("a", {"soldOut": True})
    eventually_status(shop, "a", soldOut=False)


@pytest.mark.usefixtures("operator")
def test_the_conditions_of_others_stay(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"))
    eventually_ready(shop, a="Sold")
    tasty = {
        "type": "Tasty",
        "status": "True",
        "reason": "Tasted",
        "message": "mm",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    conditions = [*icecreams_of(shop)["a"]["status"]["conditions"], tasty]
    shop.icecreams.patch_status("a", {"conditions": conditions, "toppingsCount": 9})
    eventually_status(shop, "a", toppingsCount=0)
    assert icecreams_of(shop)["a"]["status"]["conditions"] == conditions


@pytest.mark.usefixtures("operator")
def test_a_change_of_the_spec_is_observed(shop: Shop) -> None:
    create(shop, manifest("a", "matcha"))
    eventually_status(shop, "a", observedGeneration=1, toppingsCount=0)
    shop.change("a", topping=["cream", "cream"])
    status = eventually_status(shop, "a", observedGeneration=2, toppingsCount=2)
    assert status["conditions"][0]["observedGeneration"] == 2


@pytest.mark.usefixtures("marking")
def test_what_is_marked_stays_says_why_and_is_sold_when_a_place_is_free(shop: Shop) -> None:
    create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c", "d", "e")))
    eventually_ready(shop, a="Sold", b="Sold", c="Sold", d="Oversold", e="Oversold")
    eventually_status(shop, "d", soldOut=True)
    assert view(icecreams_of(shop)["d"])["Ready"] == OVERSOLD
    eventually_event(shop, "d", "Oversold", "matcha is sold out: 3 were before this one")
    shop.cancel("b")
    eventually_ready(shop, a="Sold", c="Sold", d="Sold", e="Oversold")


@pytest.mark.usefixtures("marking")
def test_a_marked_one_takes_up_nothing(shop: Shop) -> None:
    create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c")), manifest("d", "matcha", "vanilla"))
    create(shop, *(manifest(name, "vanilla") for name in ("e", "f", "g")))
    eventually_ready(shop, d="Oversold", e="Sold", f="Sold", g="Sold")


@pytest.mark.usefixtures("operator")
def test_a_deletion_frees_a_place(shop: Shop) -> None:
    create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c")))
    eventually_status(shop, "c", soldOut=True)
    shop.cancel("a")
    eventually_status(shop, "c", soldOut=False)
    create(shop, manifest("d", "matcha"))
    eventually_left(shop, "b", "c", "d")


@pytest.mark.usefixtures("operator")
def test_a_change_of_flavour_frees_a_place_and_takes_another(shop: Shop) -> None:
    create(
        shop,
        *(manifest(name, "matcha") for name in ("a", "b", "c")),
        manifest("d", "vanilla"),
        manifest("e", "vanilla"),
    )
    eventually_status(shop, "a", soldOut=True)
    shop.change("a", flavour=["vanilla"])
    for name, sold_out in (("b", False), ("c", False), ("a", True), ("d", True), ("e", True)):
        eventually_status(shop, name, soldOut=sold_out)
