"""The bugs 10 to 15 of the operator that the lecture shows, each as what is right instead."""

from pathlib import Path

import pytest
import yaml

from tests.operator.shop import eventually_left, eventually_ready, eventually_says
from tests.webhook import orders
from workshop.testing import crd
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop
from workshop.workspace.cluster import CHECKOUT


@pytest.mark.usefixtures("operator")
def test_bug_10_the_fourth_of_a_flavour_is_refused(shop: Shop) -> None:
    for name in "abc":
        shop.order(name, "matcha")
        eventually_ready(shop, **{name: "Sold"})
    assert "matcha is sold out" in orders.refused(orders.create(shop.cluster, manifest("d", "matcha")))


def test_bug_11_a_flavour_still_is_a_list() -> None:
    """What becomes of objects that were stored before: `test_out_of_the_way`."""
    schema = yaml.safe_load(Path(CHECKOUT, crd.CRD).read_text())["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema["properties"]["spec"]["properties"]["flavour"]["type"] == "array"


@pytest.mark.usefixtures("operator")
@pytest.mark.parametrize(("sample", "icecreams"), [("four-of-a-flavour", 4), ("two-of-lemon", 2)])
def test_bug_12_the_samples_of_earlier_lessons_are_on_the_menu(shop: Shop, sample: str, icecreams: int) -> None:
    """What is one too many isn't refused by a dry run: the others aren't stored."""
    printed = shop.cluster.kubectl("create", "-f", f"deploy/samples/{sample}.yaml", "--dry-run=server", check=False)
    assert printed.count("created (server dry run)") == icecreams, printed


@pytest.mark.usefixtures("operator")
def test_bug_12_the_sample_of_the_lecture_is_sold_as_it_is(shop: Shop) -> None:
    assert shop.cluster.kubectl("apply", "-f", "deploy/samples/toomuch.yaml", check=False).splitlines()[0] == (
        "icecream.demo.lva.io/toomuch created"
    )
    eventually_left(shop, "toomuch")


def test_bug_13_what_is_not_on_the_menu_any_more_is_no_zombie(shop: Shop, operator: OperatorProcess) -> None:
    """More of them, also while nobody answers: `test_out_of_the_way`."""
    shop.order("old", "matcha")
    eventually_ready(shop, old="Sold")
    orders.set_menu(shop, "saffron:")
    eventually_says(operator, "On the menu: saffron\n")
    shop.cancel("old")
    orders.eventually_gone(shop, "old")


def test_bug_14_each_write_goes_through_tls_and_nothing_is_trusted_blindly(
    shop: Shop, operator: OperatorProcess
) -> None:
    """What is said where the bundle is missing: `workshop webhook check`."""
    assert "created" in orders.create(shop.cluster, manifest("a", "matcha"))
    configuration = shop.cluster.get("validatingwebhookconfiguration")["items"][0]["webhooks"][0]
    assert configuration["clientConfig"]["caBundle"]
    assert "https://" in operator.output()


def test_bug_15_there_is_no_converter_and_the_schema_counts_toppings(shop: Shop) -> None:
    """While nobody answers. That nobody is asked about deletions: `test_out_of_the_way`."""
    assert shop.cluster.get("crd", "icecreams.demo.lva.io")["spec"]["conversion"] == {"strategy": "None"}
    printed = orders.create(shop.cluster, manifest("a", "matcha", topping=["cream"] * 4), "--dry-run=server")
    assert "spec.topping: Too many: 4: must have at most 3 items" in printed
    assert orders.NOT_ASKED not in printed
