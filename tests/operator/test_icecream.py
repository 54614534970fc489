"""Reading stored objects, the odd ones included."""

from typing import Any

import pytest

from icecream_operator.icecream import Icecream, parse


def parsed(spec: Any, **metadata: Any) -> Icecream:
    always = {
        "name": "a",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 2,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return parse({"metadata": always | metadata, "spec": spec})


def test_a_valid_one() -> None:
    icecream = parsed({"flavour": ["matcha", "vanilla"], "topping": ["cream", "cream"]})
    assert (icecream.flavours, icecream.toppings_count, icecream.problem) == (("matcha", "vanilla"), 2, "")
    assert (icecream.resource_version, icecream.generation, icecream.deleting, icecream.status) == (7, 2, False, {})


def test_one_that_is_being_deleted() -> None:
    assert parsed({"flavour": ["matcha"]}, deletionTimestamp="2026-01-01T00:00:01Z").deleting


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (None, "spec.flavour is not a list of strings"),
        ({}, "spec.flavour is not a list of strings"),
        ({"flavour": "matcha"}, "spec.flavour is not a list of strings"),
        ({"flavour": []}, "spec.flavour is empty"),
        ({"flavour": [1]}, "spec.flavour is not a list of strings"),
        ({"flavour": ["matcha"], "topping": "cream"}, "spec.topping is not a list of strings"),
        ({"flavour": ["matcha", "mat\0cha"]}, "spec.flavour has a NUL character"),  # the schema's pattern takes it
    ],
)
def test_a_spec_from_before_the_schema_is_a_problem_and_no_error(spec: Any, problem: str) -> None:
    icecream = parsed(spec)
    assert (icecream.flavours, icecream.toppings_count, icecream.problem) == ((), 0, problem)
