"""What a reconcile hands from step to step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from icecream_operator.icecream import Icecream
from icecream_operator.quota import Verdict
from reconciling.conditions import Condition


@dataclass(slots=True)
class Sale:
    """One icecream on its way through the steps.

    `verdict` is None for an icecream that the quota doesn't judge: it is being deleted, or its spec is invalid.
    `obstacle` is for a step that finds one, say a flavour out of stock: the condition Ready as it is therefore.
    """

    icecream: Icecream
    verdict: Verdict | None
    obstacle: Condition | None = None


Step: TypeAlias = Callable[[Sale], Awaitable[bool]]
"""Does its part for one icecream, or finds it done: a step may run twice, late, and after a crash anywhere in itself.

Returns True to go on with the next step and False if nothing more is to be done for this icecream, its status
included. Raises as `reconciling.controller` says.
"""
