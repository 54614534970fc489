"""What the webhook is asked about, and what is none of its business.

A webhook that is in the way of more than it must be locks people out: of objects that were stored before the rule was,
of deleting them, of its own cluster while it is down. The configuration's `matchConditions` say the same to the API
server, so that it doesn't even ask; this is for a configuration that doesn't.
"""

from collections.abc import Mapping
from typing import Any


def concerns(operation: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    """Whether a write is to be judged, of the object as it is and as it shall be; None is: there is none.

    A create is, and an update that changes the spec. What is being deleted never is: to refuse the update that takes
    its finalizer off is to make a zombie.
    """
    if operation == "CREATE":
        return True
    if operation != "UPDATE" or old is None or new is None:
        return False
    return "deletionTimestamp" not in new["metadata"] and old.get("spec") != new.get("spec")
