"""Durations as Go reads and writes them (time.ParseDuration, time.Duration.String), in specs and in messages."""

import datetime
import re
from decimal import Decimal

_UNITS = {  # in microseconds, the smallest that a timedelta has
    "ns": Decimal("0.001"),
    "us": Decimal(1),
    "µs": Decimal(1),  # U+00B5
    "μs": Decimal(1),  # U+03BC
    "ms": Decimal(1000),
    "s": Decimal(1_000_000),
    "m": Decimal(60_000_000),
    "h": Decimal(3_600_000_000),
}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_LONGEST = datetime.timedelta(microseconds=2**63 // 1000)  # what fits into Go's int64 of nanoseconds


def parse(text: str) -> datetime.timedelta:
    """Read a duration, such as `2160h`, `1h30m` or `-1.5h`; below a microsecond it is cut off.

    Raises:
        ValueError: it is none, with Go's message.
    """
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return datetime.timedelta()
    parts = _PART.findall(rest)
    if not parts or "".join(number + unit for number, unit in parts) != rest:
        raise ValueError(f'time: invalid duration "{text}"')
    total = sum((Decimal(number) * _UNITS[unit] for number, unit in parts), Decimal())
    if total > _LONGEST // datetime.timedelta(microseconds=1):
        raise ValueError(f'time: invalid duration "{text}"')
    return sign * datetime.timedelta(microseconds=int(total))


def text(duration: datetime.timedelta) -> str:
    """Write a duration as Go does: `2160h0m0s`, `1m30s`, `1.5s`, `0s`; milliseconds and less only below a second."""
    if duration < datetime.timedelta():
        return f"-{text(-duration)}"
    total = duration // datetime.timedelta(microseconds=1)
    if 0 < total < 1_000_000:
        return f"{total}µs" if total < 1000 else f"{_plain(Decimal(total) / 1000)}ms"
    minutes, microseconds = divmod(total, 60_000_000)
    seconds = f"{_plain(Decimal(microseconds) / 1_000_000)}s"
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
