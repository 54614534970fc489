"""The rule by itself: which faults and which warnings."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from icecream_operator.icecream import Icecream
from icecream_operator.webhook.menu import Menu
from icecream_operator.webhook.validation import Validation, validate
from tests.operator.builders import icecream

MENU = Menu({"lemon": ("cream",), "matcha": ("coconutflakes", "cream"), "vanilla": ("cream", "sprinkles")})
ON_SALE = [icecream(name, "matcha", created=1) for name in "abc"]


def judged(
    *flavours: str, topping: Sequence[str] = (), stored: Sequence[Icecream] = (), menu: Menu = MENU, evicts: bool = True
) -> Validation:
    return validate(icecream("new", *flavours), topping, menu, stored, evicts=evicts)


@pytest.mark.parametrize(
    ("validation", "faults", "warnings"),
    [
        pytest.param(judged("matcha", "vanilla", topping=["cream"]), [], [], id="as it should be"),
        pytest.param(
            judged("matcha", "saffron"),
            ['spec.flavour[1]: Unsupported value: "saffron": supported values: "lemon", "matcha", "vanilla"'],
            [],
            id="a flavour that isn't on the menu",
        ),
        pytest.param(
            judged("matcha", menu=Menu({})),
            ['spec.flavour[0]: Unsupported value: "matcha": supported values: none'],
            [],
            id="nothing is on the menu",
        ),
        pytest.param(
            judged("lemon", topping=["cream", "sprinkles"]),
            ['spec.topping[1]: Unsupported value: "sprinkles": supported values: "cream"'],
            [],
            id="a topping that goes with none of its flavours",
        ),
        pytest.param(
            judged("matcha", menu=Menu({"matcha": ()}), topping=["cream"]),
            ['spec.topping[0]: Unsupported value: "cream": supported values: none'],
            [],
            id="a flavour that no topping goes with",
        ),
        pytest.param(
            judged("saffron", topping=["cream"], menu=Menu({"matcha": ("cream",)})),
            ['spec.flavour[0]: Unsupported value: "saffron": supported values: "matcha"'],
            [],
            id="what goes with an unknown flavour nobody knows",
        ),
        pytest.param(
            judged("lemon", "vanilla", "matcha", topping=["sprinkles"]),
            [],
            ['spec.topping[0]: "sprinkles" doesn\'t go with lemon, matcha'],
            id="a topping that goes with some of its flavours",
        ),
        pytest.param(
            judged("lemon", topping=["cream", "cream", "cream"]),
            [],
            ['spec.topping[1]: "cream" is there already', 'spec.topping[2]: "cream" is there already'],
            id="a topping more than once",
        ),
        pytest.param(
            judged("vanilla", "matcha", stored=ON_SALE),
            ["spec.flavour[1]: Forbidden: matcha is sold out: a, b, c are on sale; take another flavour"],
            [],
            id="a flavour that is sold out",
        ),
        pytest.param(
            judged("matcha", stored=ON_SALE, evicts=False),
            [],
            ["spec.flavour[0]: Forbidden: matcha is sold out: a, b, c are on sale; it is kept, and marked as oversold"],
            id="a flavour that is sold out, where nobody is evicted",
        ),
        pytest.param(
            judged("sa\u001bffron", "matcha", stored=ON_SALE, topping=["ketchup"]),
            [
                'spec.flavour[0]: Unsupported value: "sa\\u001bffron": supported values: "lemon", "matcha", "vanilla"',
                'spec.topping[0]: Unsupported value: "ketchup": supported values: "coconutflakes", "cream"',
                "spec.flavour[1]: Forbidden: matcha is sold out: a, b, c are on sale; take another flavour",
            ],
            [],
            id="all at once, and nothing that a terminal would take for a command",
        ),
    ],
)
def test_faults_and_warnings(validation: Validation, faults: list[str], warnings: list[str]) -> None:
    assert (list(validation.faults), list(validation.warnings)) == (faults, warnings)


def test_all_flavours_that_are_sold_out_are_named() -> None:
    stored = [*ON_SALE, *(icecream(name, "lemon") for name in "def")]
    assert [fault.split(":")[0] for fault in judged("matcha", "lemon", stored=stored).faults] == [
        "spec.flavour[0]",
        "spec.flavour[1]",
    ]


def test_a_flavour_is_a_whole_word() -> None:
    menu = Menu(dict.fromkeys(["m", "matcha", "matcha cheesecake"], ()))
    assert judged("m", "matcha cheesecake", stored=ON_SALE, menu=menu) == Validation([], [])


def test_only_those_who_are_sold_have_a_place() -> None:
    leaving = icecream("leaving", "matcha", deleting=True)
    oversold = icecream("oversold", "matcha", "lemon", created=2)
    stored = [*ON_SALE[:2], leaving, *(icecream(name, "lemon") for name in "xyz"), oversold]
    assert judged("matcha", stored=stored).faults == []


def test_a_changed_one_has_its_own_place() -> None:
    changed = icecream("c", "matcha", "vanilla", created=1, version=2)
    assert validate(changed, [], MENU, ON_SALE, evicts=True).faults == []


def test_an_older_one_doesnt_take_the_place_of_a_newer_one() -> None:
    oldest = icecream("oldest", "vanilla", created=0)
    changed = replace(oldest, flavours=("matcha",))
    assert "matcha is sold out" in validate(changed, [], MENU, [oldest, *ON_SALE], evicts=True).faults[0]


def test_what_isnt_a_list_is_not_taken_apart() -> None:
    """Bug 10 of the lecture goes through the letters of a word."""
    odd = replace(icecream("odd"), problem="spec.flavour is not a list of strings")
    assert validate(odd, "cream", MENU, ON_SALE, evicts=True).faults == ["spec.flavour is not a list of strings"]
