"""What is wrong with an icecream, and what is only odd: by the menu, then by the quota.

A pure rule. It says all at once, in the words in which the API server says that a field is wrong (apimachinery's
field.Error), because those are what kubectl prints, and each says what to change.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from icecream_operator import quota
from icecream_operator.icecream import Icecream
from icecream_operator.quota import PER_FLAVOUR
from icecream_operator.webhook.menu import Menu


@dataclass(frozen=True, slots=True)
class Validation:
    """With a fault it is refused; a warning is printed, and it is stored all the same."""

    faults: Sequence[str] = ()
    warnings: Sequence[str] = ()


def validate(
    icecream: Icecream, toppings: Sequence[str], menu: Menu, icecreams: Iterable[Icecream], *, evicts: bool
) -> Validation:
    """Judge an icecream before it is stored.

    `icecreams` are those that are stored, as for `quota.decide`; if it is one of them, it is judged as a change.
    `evicts` says whether what is oversold is evicted: then it is better refused now. If it is kept, that is a warning.
    """
    # Say all that is wrong at once: whoever reads it wants to try only once more. The functions below say what is odd,
    # what is sold out, and how it is said that something isn't supported.
    raise NotImplementedError("exercise 1: what is wrong, and what is only odd")


def _goes_with_some(flavours: Sequence[str], toppings: Sequence[str], menu: Menu) -> Iterator[str]:
    on_offer = [flavour for flavour in flavours if flavour in menu.flavours]
    for index, topping in enumerate(toppings):
        others = [flavour for flavour in on_offer if topping not in menu.toppings[flavour]]
        if 0 < len(others) < len(on_offer):
            yield f"spec.topping[{index}]: {json.dumps(topping)} doesn't go with {', '.join(others)}"


def _repeated(toppings: Sequence[str]) -> Iterator[str]:
    for index, topping in enumerate(toppings):
        if topping in toppings[:index]:
            yield f"spec.topping[{index}]: {json.dumps(topping)} is there already"


def _sold_out(icecream: Icecream, icecreams: Iterable[Icecream]) -> Iterator[str]:
    """Name each flavour of which others have all places.

    The rank is not looked at: a new icecream is the last, and one that was there before it doesn't push others out.
    """
    stored = sorted(icecreams, key=lambda other: other.rank)
    verdicts = quota.decide(stored)
    sold = [other for other in stored if other.name in verdicts and verdicts[other.name].sold]
    for index, flavour in enumerate(icecream.flavours):
        names = [other.name for other in sold if flavour in other.flavours and other.name != icecream.name]
        if len(names) >= PER_FLAVOUR:
            yield f"spec.flavour[{index}]: Forbidden: {flavour} is sold out: {', '.join(names)} are on sale"


def _unsupported(field: str, value: str, supported: Sequence[str]) -> str:
    values = ", ".join(map(json.dumps, supported)) or "none"
    return f"{field}: Unsupported value: {json.dumps(value)}: supported values: {values}"
