"""What a customer is told by the running operator, before anything is stored."""

from functools import partial

import pytest

from tests.operator.shop import (
    eventually_event,
    eventually_left,
    eventually_ready,
    eventually_says,
    icecreams_of,
    reason,
)
from tests.webhook import orders
from workshop import faults
from workshop.system.polling import eventually
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop

SOLD_OUT = "spec.flavour[0]: Forbidden: matcha is sold out: a, b, c are on sale; take another flavour"


def order(shop: Shop, *names: str, flavour: str = "matcha") -> None:
    """Order these, one after the other, each when the one before it is sold, and so known to the operator."""
    for name in names:
        shop.order(name, flavour)
        eventually_ready(shop, **{name: "Sold"})


@pytest.mark.usefixtures("operator")
def test_what_is_on_the_menu_is_stored_and_sold(shop: Shop) -> None:
    printed = orders.create(shop.cluster, manifest("a", "matcha", "vanilla", topping=["cream"]))
    assert printed == "icecream.demo.lva.io/a created\n"
    eventually_left(shop, "a")


@pytest.mark.usefixtures("operator")
def test_what_is_not_on_the_menu_is_refused_and_all_that_is_wrong_is_said_at_once(shop: Shop) -> None:
    orders.set_menu(shop, "matcha: cream", "vanilla: cream, sprinkles")
    eventually(lambda: orders.refused(orders.create(shop.cluster, manifest("a", "lemon"), "--dry-run=server")))
    printed = orders.create(shop.cluster, manifest("a", "saffron", "matcha", "chocolate", topping=["cream", "ketchup"]))
    assert orders.refused(printed).splitlines() == [
        "",
        '* spec.flavour[0]: Unsupported value: "saffron": supported values: "matcha", "vanilla"',
        '* spec.flavour[2]: Unsupported value: "chocolate": supported values: "matcha", "vanilla"',
        '* spec.topping[1]: Unsupported value: "ketchup": supported values: "cream"',
    ]
    assert icecreams_of(shop) == {}


@pytest.mark.usefixtures("operator")
def test_what_is_sold_out_is_refused_and_not_evicted(shop: Shop) -> None:
    order(shop, "a", "b", "c")
    assert orders.refused(orders.create(shop.cluster, manifest("d", "matcha"))) == SOLD_OUT
    assert shop.icecreams.read("d") is None
    shop.cancel("b")
    orders.eventually_created(shop, manifest("d", "matcha"))
    eventually_left(shop, "a", "c", "d")


def test_a_refusal_is_no_error_of_the_operators(shop: Shop, operator: OperatorProcess) -> None:
    orders.refused(orders.create(shop.cluster, manifest("a", "saffron")))
    eventually_says(operator, 'INFO    ] [a] Refused: spec.flavour[0]: Unsupported value: "saffron"')
    assert "ERROR" not in operator.output()


@pytest.mark.usefixtures("marking")
def test_where_it_is_kept_what_is_sold_out_is_a_warning(shop: Shop) -> None:
    order(shop, "a", "b", "c")
    printed = orders.create(shop.cluster, manifest("d", "matcha"))
    assert "Warning: spec.flavour[0]: Forbidden: matcha is sold out: a, b, c are on sale; it is kept" in printed
    assert "icecream.demo.lva.io/d created" in printed
    eventually_ready(shop, d="Oversold")


@pytest.mark.usefixtures("operator")
def test_what_is_allowed_and_odd_is_a_warning(shop: Shop) -> None:
    printed = orders.create(
        shop.cluster, manifest("a", "lemon", "vanilla", topping=["watermelon", "cream", "watermelon"])
    )
    assert printed.splitlines() == [
        "icecream.demo.lva.io/a created",
        'Warning: spec.topping[0]: "watermelon" doesn\'t go with lemon',
        'Warning: spec.topping[2]: "watermelon" doesn\'t go with lemon',
        'Warning: spec.topping[2]: "watermelon" is there already',
    ]


@pytest.mark.usefixtures("operator")
def test_a_change_of_the_spec_is_judged_too(shop: Shop) -> None:
    order(shop, "a", "b", "c")
    order(shop, "d", flavour="vanilla")
    assert orders.refused(orders.change(shop.cluster, "d", flavour=["matcha"])) == SOLD_OUT
    assert "Unsupported value" in orders.refused(orders.change(shop.cluster, "d", topping=["ketchup"]))
    assert orders.change(shop.cluster, "a", topping=["cream"]) == "icecream.demo.lva.io/a patched\n"


@pytest.mark.usefixtures("operator")
def test_who_was_there_first_pushes_nobody_out(shop: Shop) -> None:
    order(shop, "first", flavour="vanilla")
    order(shop, "a", "b", "c")
    assert orders.refused(orders.change(shop.cluster, "first", flavour=["matcha"])) == SOLD_OUT
    eventually_left(shop, "first", "a", "b", "c")


@pytest.mark.usefixtures("operator")
def test_a_dry_run_is_judged_and_leaves_nothing_behind(shop: Shop) -> None:
    order(shop, "a", "b")
    for _ in range(3):
        assert "created (server dry run)" in orders.create(shop.cluster, manifest("c", "matcha"), "--dry-run=server")
    order(shop, "c")
    assert orders.refused(orders.create(shop.cluster, manifest("d", "matcha"), "--dry-run=server")) == SOLD_OUT
    assert shop.icecreams.read("d") is None


@pytest.mark.usefixtures("operator")
def test_a_name_that_is_generated_is_as_good_as_another(shop: Shop) -> None:
    icecream = manifest("", "matcha", generateName="cone-")
    for number in range(3):
        assert "created" in orders.create(shop.cluster, icecream)
        eventually(partial(_all_sold, shop, number + 1))
    assert "matcha is sold out" in orders.refused(orders.create(shop.cluster, icecream))


@pytest.mark.usefixtures("operator")
def test_what_comes_back_under_its_name_finds_its_own_place_free(shop: Shop) -> None:
    order(shop, "a", "b", "c")
    printed = orders.create(shop.cluster, manifest("c", "matcha"))
    assert "already exists" in printed
    assert orders.DENIED not in printed


@pytest.mark.usefixtures("operator")
def test_a_changed_menu_is_taken_in_while_it_runs(shop: Shop) -> None:
    saffron = manifest("a", "saffron")
    assert "Unsupported value" in orders.refused(orders.create(shop.cluster, saffron))
    orders.set_menu(shop, "saffron: gold leaf")
    orders.eventually_created(shop, saffron)
    assert "Unsupported value" in orders.refused(orders.create(shop.cluster, manifest("b", "matcha")))


def test_without_a_menu_nothing_is_ordered_and_it_is_said_why(shop: Shop, operator: OperatorProcess) -> None:
    shop.cluster.kubectl("delete", "configmap", "menu", "-n=demooperator-system")
    eventually_says(operator, "The webhook doesn't answer: there is no menu")
    assert "there is no menu" in orders.refused(orders.create(shop.cluster, manifest("a", "matcha")))
    orders.set_menu(shop, "matcha:")
    orders.eventually_created(shop, manifest("a", "matcha"))


def test_two_in_flight_both_pass_and_exactly_three_stay(shop: Shop, arguments: tuple[str, ...]) -> None:
    """The webhook sees what is stored, and knows neither yet: the reconciler is the gate behind it."""
    with faults.running(shop.identity) as proxy, shop.operator(*arguments, kubeconfig=proxy.kubeconfig) as operator:
        eventually_says(operator, orders.ANSWERS)
        order(shop, "a", "b")
        with proxy.watches_held():
            for name in ("c", "d"):
                assert "created" in orders.create(shop.cluster, manifest(name, "matcha"))
        eventually_left(shop, "a", "b", "c")
        eventually_event(shop, "d", "Evicted", "matcha is sold out: a, b, c were before this one")
        assert orders.refused(orders.create(shop.cluster, manifest("d", "matcha"))) == SOLD_OUT


def _all_sold(shop: Shop, number: int) -> None:
    reasons = [reason(icecream) for icecream in icecreams_of(shop).values()]
    assert reasons == ["Sold"] * number
