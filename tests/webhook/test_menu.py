"""The menu, as it is read from its ConfigMap."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from icecream_operator.webhook.menu import Menu, parse
from workshop.workspace.cluster import CHECKOUT


def menu(*lines: str) -> dict[str, Any]:
    return {"data": {"flavours": "\n".join(lines)}}


@pytest.mark.parametrize(
    ("config_map", "toppings"),
    [
        pytest.param(
            menu("matcha: cream, coconutflakes", "lemon: cream"),
            {"lemon": ("cream",), "matcha": ("coconutflakes", "cream")},
            id="in the order of the alphabet",
        ),
        pytest.param(menu("dark chocolate: hot fudge"), {"dark chocolate": ("hot fudge",)}, id="words with spaces"),
        pytest.param(menu(" matcha :cream ,, cream"), {"matcha": ("cream",)}, id="commas and spaces too many"),
        pytest.param(menu("matcha:", "lemon"), {"lemon": (), "matcha": ()}, id="flavours without toppings"),
        pytest.param(menu("", "  ", ": cream"), {}, id="lines without a flavour"),
        pytest.param({"data": {}}, {}, id="no flavours at all"),
        pytest.param({}, {}, id="no data"),
    ],
)
def test_a_line_is_a_flavour_and_what_goes_with_it(
    config_map: dict[str, Any], toppings: dict[str, tuple[str, ...]]
) -> None:
    read = parse(config_map)
    assert read == Menu(toppings)
    assert read.flavours == tuple(sorted(toppings))


def test_what_goes_with_several_flavours_goes_with_one_of_them() -> None:
    read = parse(menu("matcha: cream, coconutflakes", "lemon: cream, zest", "vanilla: sprinkles"))
    assert read.toppings_of(["lemon", "matcha", "saffron"]) == ("coconutflakes", "cream", "zest")


def test_the_shops_own_menu_has_matcha_and_vanilla() -> None:
    read = parse(yaml.safe_load(Path(CHECKOUT, "deploy/webhook/menu.yaml").read_text()))
    assert {"matcha", "vanilla"} <= set(read.flavours)
