"""How Go prints lists and times, since messages are compared with upstream's word by word."""

import datetime
from collections.abc import Iterable


def as_go_prints(words: Iterable[str]) -> str:
    """A slice of strings by %v."""
    return f"[{' '.join(words)}]"


def time_as_go_prints(time: datetime.datetime | None) -> str:
    """A *metav1.Time by %s."""
    return "<nil>" if time is None else f"{time.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"


def rfc1123(time: datetime.datetime) -> str:
    """A time in the format time.RFC1123."""
    return f"{time.astimezone(datetime.UTC):%a, %d %b %Y %H:%M:%S} UTC"
