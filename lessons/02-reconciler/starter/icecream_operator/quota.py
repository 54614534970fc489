"""The quota: at most three icecreams of a flavour are sold.

A pure rule. It knows no Kubernetes and no clock, so it can be tested with a table, and the reconciler may ask it as
often as it likes.

An icecream has one or more flavours, so this can't be counted flavour by flavour: who is sold of one flavour may
depend on who is oversold of another. Hence one greedy pass over all that hang together by shared flavours.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from icecream_operator.icecream import Icecream

PER_FLAVOUR = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rule says of one icecream.

    `sold_out`: one of its flavours has none left to sell, be it by this very icecream. `full` is the first of its
    flavours that had none left *before* it, empty if it is sold; `before` names the three that were sold of that one.

    Verdicts that differ in `before` alone are equal: no status names those three, so there is nothing to write when
    others take their places, and no reason to reconcile all that wait behind them.
    """

    sold: bool
    sold_out: bool
    full: str = ""
    before: tuple[str, ...] = field(default=(), compare=False)


def decide(icecreams: Iterable[Icecream]) -> dict[str, Verdict]:
    """Return the verdict on each icecream, by name. Those being deleted or without a flavour are left out.

    One pass in the order of creation, and by name among those of the same second. An icecream is sold if each of its
    flavours has fewer than three sold before it; else it is oversold and takes up nothing. So a later one never
    changes whether an earlier one is sold.

    `icecreams` may be in any order, and must hold with each icecream all those that share a flavour with it.
    """
    raise NotImplementedError("exercise 1: who is sold, and who is oversold")
