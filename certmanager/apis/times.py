"""Times as the API server writes them: RFC 3339 in UTC, whole seconds (metav1.Time)."""

import datetime

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def read_time(text: str | None) -> datetime.datetime | None:
    """Read a time, if there is one."""
    return datetime.datetime.fromisoformat(text) if text else None


def write_time(moment: datetime.datetime) -> str:
    """Write a time; what is below a second is cut off."""
    return moment.astimezone(datetime.UTC).strftime(_FORMAT)
