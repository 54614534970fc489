"""Icecreams that the API server holds, and that are odd."""

import json

import pytest
import yaml

from tests.operator.conftest import Shop, order
from workshop.workspace.cluster import CHECKOUT

CRD = CHECKOUT / "deploy/crds/demo.lva.io_icecreams.yaml"


@pytest.mark.usefixtures("operator")
def test_two_hundred_flavours(shop: Shop) -> None:
    shop.create(order("all-of-them", *(f"flavour {number}" for number in range(200))))
    shop.eventually_ready(**{"all-of-them": "Sold"})


@pytest.mark.usefixtures("operator")
def test_flavours_in_any_script(shop: Shop) -> None:
    shop.create(*(order(name, "抹茶", "crème brûlée", "🍓") for name in ("a", "b", "c", "d")))
    shop.eventually_left("a", "b", "c")


@pytest.mark.usefixtures("operator")
def test_names_at_the_limit(shop: Shop) -> None:
    names = [f"{'ice.' * 62}ab{number}{'c' * 2}" for number in range(4)]
    assert {len(name) for name in names} == {253}
    shop.create(*(order(name, "matcha") for name in names))
    shop.eventually_left(*names[:3])
    shop.eventually_event(names[3], "Evicted", f"matcha is sold out: {', '.join(names[:3])} were before this one")


@pytest.fixture
def stored_before_the_schema(shop: Shop) -> Shop:
    """Two icecreams that the CRD wouldn't take, stored before it was what it is."""
    lax = yaml.safe_load(CRD.read_text())
    schema = lax["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    shop.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(lax))
    shop.create({**order("old"), "spec": {"flavour": "matcha"}}, order("empty"))
    return shop


def apply_the_schema(shop: Shop) -> None:
    shop.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRD))


def sell_and_evict(shop: Shop) -> None:
    shop.create(*(order(name, "matcha") for name in ("a", "b", "c", "d")))
    shop.eventually_ready(old="InvalidSpec", empty="InvalidSpec", a="Sold", b="Sold", c="Sold", d="")


def test_one_stored_before_a_stricter_schema_is_reported_and_stops_nobody(stored_before_the_schema: Shop) -> None:
    apply_the_schema(stored_before_the_schema)
    with stored_before_the_schema.operator() as operator:
        sell_and_evict(stored_before_the_schema)
        assert "Traceback" not in operator.output()


def test_a_schema_that_becomes_stricter_underneath_stops_nobody(stored_before_the_schema: Shop) -> None:
    with stored_before_the_schema.operator() as operator:
        stored_before_the_schema.eventually_ready(old="InvalidSpec", empty="InvalidSpec")
        apply_the_schema(stored_before_the_schema)
        sell_and_evict(stored_before_the_schema)
        assert "Traceback" not in operator.output()
