"""What one reconcile carries from step to step, and what a step is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from icecream_operator.icecream import Icecream
from icecream_operator.quota import Verdict
from reconciling.conditions import Condition


@dataclass(slots=True)
class Reconciliation:
    """One icecream on its way through the steps.

    `verdict` is None for an icecream that the quota doesn't judge: it is being deleted, or its spec is invalid.
    `obstacle` is for a step that finds one, say a flavour out of stock: the condition Ready as it is therefore.
    """

    icecream: Icecream
    verdict: Verdict | None
    obstacle: Condition | None = None


class StepResult(Enum):
    """What happens next.

    CONTINUE: the next step, and after the last one the status.
    DONE: nothing more for this icecream, neither a step nor the status.
    """

    CONTINUE = "continue"
    DONE = "done"


Step: TypeAlias = Callable[[Reconciliation], Awaitable[StepResult]]
"""Does its part for one icecream, or finds it done: a step may run twice, late, and after a crash anywhere in itself.

Raises:
    Retry: it can't be done now. The reconcile ends there, and the icecream comes back (`reconciling.controller`).
"""
