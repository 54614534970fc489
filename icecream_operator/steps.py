"""What the operator does, in order. A later lesson adds its modules, names them here, and changes no other file."""

from typing import Literal, TypeAlias

import kopf

from icecream_operator import watch
from icecream_operator.client import Icecreams
from icecream_operator.eviction import Eviction
from icecream_operator.reconciler import Reconciler
from icecream_operator.reconciliation import Step
from reconciling.events import EventRecorder

OnOversell: TypeAlias = Literal["evict", "mark"]


def steps(icecreams: Icecreams, events: EventRecorder, on_oversell: OnOversell) -> tuple[Step, ...]:
    """Return the steps of a reconcile. After the last one the reconciler writes the status.

    What is oversold and not evicted is marked: its condition Ready says so.
    """
    return (Eviction(icecreams, events),) if on_oversell == "evict" else ()


def handlers(registry: kopf.OperatorRegistry, reconciler: Reconciler) -> None:
    """Name all that kopf calls."""
    watch.register(registry, reconciler)
