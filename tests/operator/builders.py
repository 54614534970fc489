"""Builds what the pure parts take."""

from collections.abc import Mapping
from typing import Any

from icecream_operator.icecream import Icecream


def icecream(
    name: str,
    *flavours: str,
    created: int = 0,
    deleting: bool = False,
    finalizers: tuple[str, ...] = (),
    version: int = 1,
    uid: str = "",
    status: Mapping[str, Any] | None = None,
) -> Icecream:
    """Build an icecream; `created` is in seconds."""
    return Icecream(
        name=name,
        uid=uid or f"uid-{name}",
        resource_version=version,
        generation=1,
        created=f"2026-01-01T00:00:{created:02}Z",
        deleting=deleting,
        finalizers=finalizers,
        flavours=flavours,
        toppings_count=0,
        problem="",
        status=status or {},
    )
