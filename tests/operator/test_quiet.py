"""An operator writes what differs, once, and nothing else. Counted in the API server's audit log."""

import json

import pytest

from tests.operator.conftest import Shop, order, ready


@pytest.mark.usefixtures("operator")
def test_an_icecream_costs_one_write(shop: Shop) -> None:
    before = len(shop.writes())
    names = [f"ice-{number}" for number in range(10)]
    shop.create(*(order(name, f"flavour of {name}") for name in names))
    shop.eventually_ready(**dict.fromkeys(names, "Sold"))
    shop.catch_up()
    assert sorted(shop.writes()[before:]) == [("patch", name, 200) for name in names]


@pytest.mark.usefixtures("operator")
def test_what_does_not_concern_it_costs_none(shop: Shop) -> None:
    shop.create(order("a", "matcha"))
    shop.eventually_ready(a="Sold")
    before = shop.writes()
    shop.kubectl("label", "icecream", "a", "table=7")
    shop.kubectl("annotate", "icecream", "a", "note=for Ada")
    shop.catch_up()
    assert shop.writes() == before


@pytest.mark.parametrize("mode", ["evict", "mark"])
def test_a_restart_costs_none(shop: Shop, mode: str) -> None:
    shop.create(*(order(name, "matcha") for name in ("a", "b", "c")), order("d", "vanilla"))
    with shop.operator(f"--on-oversell={mode}"):
        for name, sold_out in (("a", True), ("b", True), ("c", True), ("d", False)):
            shop.eventually_status(name, soldOut=sold_out)
        shop.catch_up()
    before = shop.writes()
    with shop.operator(f"--on-oversell={mode}"):
        shop.catch_up()
    assert shop.writes() == before


@pytest.mark.usefixtures("operator")
def test_a_status_that_somebody_else_wrote_is_put_right(shop: Shop) -> None:
    shop.create(order("a", "matcha"))
    shop.eventually_ready(a="Sold")
    shop.kubectl("patch", "icecream", "a", "--subresource=status", "--type=merge", "-p", '{"status":{"soldOut":true}}')
    shop.eventually_status("a", soldOut=False)


@pytest.mark.usefixtures("operator")
def test_the_conditions_of_others_stay(shop: Shop) -> None:
    shop.create(order("a", "matcha"))
    shop.eventually_ready(a="Sold")
    tasty = {
        "type": "Tasty",
        "status": "True",
        "reason": "Tasted",
        "message": "mm",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    conditions = [*shop.icecreams()["a"]["status"]["conditions"], tasty]
    patch = json.dumps({"status": {"conditions": conditions, "toppingsCount": 9}})
    shop.kubectl("patch", "icecream", "a", "--subresource=status", "--type=merge", "-p", patch)
    shop.eventually_status("a", toppingsCount=0)
    assert shop.icecreams()["a"]["status"]["conditions"] == conditions


@pytest.mark.usefixtures("operator")
def test_a_change_of_the_spec_is_observed(shop: Shop) -> None:
    shop.create(order("a", "matcha"))
    shop.eventually_status("a", observedGeneration=1, toppingsCount=0)
    shop.kubectl("patch", "icecream", "a", "--type=merge", "-p", '{"spec":{"topping":["cream","cream"]}}')
    status = shop.eventually_status("a", observedGeneration=2, toppingsCount=2)
    assert status["conditions"][0]["observedGeneration"] == 2


@pytest.mark.usefixtures("marking")
def test_what_is_marked_stays_says_why_and_is_sold_when_a_place_is_free(shop: Shop) -> None:
    shop.create(*(order(name, "matcha") for name in ("a", "b", "c", "d", "e")))
    shop.eventually_ready(a="Sold", b="Sold", c="Sold", d="Oversold", e="Oversold")
    shop.eventually_status("d", soldOut=True)
    assert ready(shop.icecreams()["d"]) == ("False", "Oversold")
    shop.eventually_event("d", "Oversold", "matcha is sold out: 3 were before this one")
    shop.delete("b")
    shop.eventually_ready(a="Sold", c="Sold", d="Sold", e="Oversold")


@pytest.mark.usefixtures("marking")
def test_a_marked_one_takes_up_nothing(shop: Shop) -> None:
    shop.create(*(order(name, "matcha") for name in ("a", "b", "c")), order("d", "matcha", "vanilla"))
    shop.create(*(order(name, "vanilla") for name in ("e", "f", "g")))
    shop.eventually_ready(d="Oversold", e="Sold", f="Sold", g="Sold")


@pytest.mark.usefixtures("operator")
def test_a_deletion_frees_a_place(shop: Shop) -> None:
    shop.create(*(order(name, "matcha") for name in ("a", "b", "c")))
    shop.eventually_status("c", soldOut=True)
    shop.delete("a")
    shop.eventually_status("c", soldOut=False)
    shop.create(order("d", "matcha"))
    shop.eventually_left("b", "c", "d")


@pytest.mark.usefixtures("operator")
def test_a_change_of_flavour_frees_a_place_and_takes_another(shop: Shop) -> None:
    shop.create(*(order(name, "matcha") for name in ("a", "b", "c")), order("d", "vanilla"), order("e", "vanilla"))
    shop.eventually_status("a", soldOut=True)
    shop.kubectl("patch", "icecream", "a", "--type=merge", "-p", '{"spec":{"flavour":["vanilla"]}}')
    for name, sold_out in (("b", False), ("c", False), ("a", True), ("d", True), ("e", True)):
        shop.eventually_status(name, soldOut=sold_out)
