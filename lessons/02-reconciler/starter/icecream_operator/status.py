"""What the status of an icecream should say. Pure: the clock is passed in."""

from datetime import datetime
from typing import Any

from icecream_operator.icecream import Icecream
from icecream_operator.quota import PER_FLAVOUR, Verdict
from reconciling.conditions import Condition, set_condition

SOLD, OVERSOLD, INVALID_SPEC = "Sold", "Oversold", "InvalidSpec"


def ready(icecream: Icecream, verdict: Verdict | None) -> Condition:
    """Return the condition Ready, which says whether the icecream is sold, and if not, why."""
    if verdict is None:
        return Condition("Ready", False, INVALID_SPEC, f"{icecream.problem}; it is not counted until it is corrected")
    if not verdict.sold:
        return Condition("Ready", False, OVERSOLD, f"{verdict.full} is sold out: {PER_FLAVOUR} were before this one")
    return Condition("Ready", True, SOLD, "each of its flavours was still there")


def wanted(icecream: Icecream, verdict: Verdict | None, ready: Condition, now: datetime) -> dict[str, Any]:
    """Return the fields of the status as they should be: soldOut, toppingsCount, observedGeneration, conditions."""
    raise NotImplementedError("exercise 2: the status as it should be")
