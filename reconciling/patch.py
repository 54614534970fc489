"""The patch of an object's status: what is to be written, if anything.

Comparing before writing is what keeps an operator quiet: a write makes an event, the event a reconcile, and a
reconcile that always writes never ends. It is also what makes a restart cost nothing.
"""

from collections.abc import Mapping
from typing import Any


def status_patch(
    seen: Mapping[str, Any], wanted: Mapping[str, Any], resource_version: int | str
) -> dict[str, Any] | None:
    """Return the JSON merge patch (RFC 7396) that gives the status `seen` the fields of `wanted`.

    Return None where nothing differs. The patch carries the resourceVersion that was seen, so the API server refuses
    it (409 Conflict) if the object has been changed since, or deleted and made anew.
    """
    changed = {field: value for field, value in wanted.items() if field not in seen or seen[field] != value}
    if not changed:
        return None
    return {"metadata": {"resourceVersion": str(resource_version)}, "status": changed}
