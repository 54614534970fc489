"""Conditions: what tools and people read first, `kubectl wait --for=condition=Ready` among them.

The rules are those of the Kubernetes API conventions, as in apimachinery's meta.SetStatusCondition.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect of an object's state; `reason` is a CamelCase word for programs, `message` a sentence for people."""

    type: str
    status: bool
    reason: str
    message: str


def set_condition(
    conditions: Iterable[Mapping[str, Any]], new: Condition, generation: int, now: datetime
) -> list[dict[str, Any]]:
    """Return the conditions with the new one in its place, and leave those of others alone.

    lastTransitionTime moves only when the status does, so it says since when; `generation` is the
    metadata.generation that was looked at, 0 for an object that has none, as a Service.
    """
    result = [dict(condition) for condition in conditions]
    old = next((condition for condition in result if condition["type"] == new.type), None)
    if old is None:
        old = {"type": new.type}
        result.append(old)
    status = str(new.status)
    if old.get("status") != status:
        old["lastTransitionTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    old |= {"status": status, "reason": new.reason, "message": new.message}
    if generation:
        old["observedGeneration"] = generation
    return result
