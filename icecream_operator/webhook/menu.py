"""The menu: which flavours are on offer today, and which toppings go with which.

It is a ConfigMap, so that the shop changes it without an operator's help, and a ValidatingAdmissionPolicy can read the
same one. Under `flavours` it has a line a flavour, and after the colon the toppings that go with it:

    data:
      flavours: |
        matcha: coconutflakes, cream
        vanilla: cream
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE, NAME = "demooperator-system", "menu"
MISSING = f"there is no menu: the ConfigMap {NAME} in the namespace {NAMESPACE} is missing"


@dataclass(frozen=True, slots=True)
class Menu:
    """The toppings by flavour, each in the order of the alphabet."""

    toppings: Mapping[str, tuple[str, ...]]

    @property
    def flavours(self) -> tuple[str, ...]:
        """The flavours on offer."""
        return tuple(self.toppings)

    def toppings_of(self, flavours: Iterable[str]) -> tuple[str, ...]:
        """Return what goes with at least one of these flavours."""
        return tuple(sorted({topping for flavour in flavours for topping in self.toppings.get(flavour, ())}))


def parse(config_map: Mapping[str, Any]) -> Menu:
    """Read the ConfigMap. A line without a colon is a flavour that no topping goes with."""
    text: str = (config_map.get("data") or {}).get("flavours", "")
    lines = (line.partition(":") for line in text.splitlines())
    toppings = {flavour.strip(): _words(toppings) for flavour, _, toppings in lines if flavour.strip()}
    return Menu({flavour: toppings[flavour] for flavour in sorted(toppings)})


def _words(toppings: str) -> tuple[str, ...]:
    return tuple(sorted({topping for item in toppings.split(",") if (topping := item.strip())}))
