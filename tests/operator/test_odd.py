"""Icecreams that the API server holds, and that are odd."""

from collections.abc import Iterator

import pytest
import yaml
from kubernetes.client import ApiException

from tests.operator.shop import CRD, apply_crd, create, eventually_event, eventually_left, eventually_ready
from workshop.system.polling import eventually
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop


@pytest.mark.usefixtures("operator")
def test_two_hundred_flavours(shop: Shop) -> None:
    create(shop, manifest("all-of-them", *(f"flavour {number}" for number in range(200))))
    eventually_ready(shop, **{"all-of-them": "Sold"})


@pytest.mark.usefixtures("operator")
def test_flavours_in_any_script(shop: Shop) -> None:
    create(shop, *(manifest(name, "抹茶", "crème brûlée", "🍓") for name in ("a", "b", "c", "d")))
    eventually_left(shop, "a", "b", "c")


@pytest.mark.usefixtures("operator")
def test_names_at_the_limit(shop: Shop) -> None:
    names = [f"{'ice.' * 62}ab{number}{'c' * 2}" for number in range(4)]
    assert {len(name) for name in names} == {253}
    create(shop, *(manifest(name, "matcha") for name in names))
    eventually_left(shop, *names[:3])
    eventually_event(shop, names[3], "Evicted", f"matcha is sold out: {', '.join(names[:3])} were before this one")


@pytest.fixture
def stored_before_the_schema(shop: Shop) -> Iterator[Shop]:
    """Two icecreams that the CRD wouldn't take, stored before it was what it is."""
    lax = yaml.safe_load(CRD.read_text())
    schema = lax["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    schema["properties"]["spec"] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    apply_crd(shop, lax)
    old = {**manifest("old"), "spec": {"flavour": "matcha"}}
    eventually(lambda: create(shop, old), retry_on=ApiException)  # the new schema isn't in force at once
    create(shop, manifest("empty"))
    yield shop
    apply_crd(shop)


def sell_and_evict(shop: Shop) -> None:
    create(shop, *(manifest(name, "matcha") for name in ("a", "b", "c", "d")))
    eventually_ready(shop, old="InvalidSpec", empty="InvalidSpec", a="Sold", b="Sold", c="Sold", d="")


def test_one_stored_before_a_stricter_schema_is_reported_and_stops_nobody(stored_before_the_schema: Shop) -> None:
    apply_crd(stored_before_the_schema)
    with stored_before_the_schema.operator() as operator:
        sell_and_evict(stored_before_the_schema)
        assert "Traceback" not in operator.output()


def test_a_schema_that_becomes_stricter_underneath_stops_nobody(stored_before_the_schema: Shop) -> None:
    with stored_before_the_schema.operator() as operator:
        eventually_ready(stored_before_the_schema, old="InvalidSpec", empty="InvalidSpec")
        apply_crd(stored_before_the_schema)
        sell_and_evict(stored_before_the_schema)
        assert "Traceback" not in operator.output()
