"""A comparison as text: a table of outcomes and costs, and under it what was said."""

from collections.abc import Iterable, Iterator, Sequence

from workshop.webhook.comparison import Comparison
from workshop.webhook.forms import COMPARED, NONE

_WIDTH = len("1234.5 ms")  # of a column, however long things take


def as_text(comparison: Comparison) -> str:
    """Return it as lines to read."""
    rows = [["", *(form.name for form in COMPARED)]]
    for attempt, outcomes in comparison.outcomes.items():
        rows.append([attempt, *(outcomes.get(form, "-") for form in COMPARED)])
    latencies = [comparison.latencies[form] for form in COMPARED]
    base = comparison.latencies[NONE]
    rows.append(["a create takes (p50)", *(_milliseconds(latency.p50) for latency in latencies)])
    rows.append(
        ["  more than without a rule", "-", *(_milliseconds(latency.p50 - base.p50) for latency in latencies[1:])]
    )
    rows.append(["a create takes (p99)", *(_milliseconds(latency.p99) for latency in latencies)])
    return "\n".join([*_aligned(rows), "", *_quoted(comparison.words.items())])


def _milliseconds(seconds: float) -> str:
    return f"{round(1000 * seconds, 1) + 0:.1f} ms"  # + 0, because there is a -0.0


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    first = max(len(row[0]) for row in rows)
    for row in rows:
        yield "   ".join([row[0].ljust(first), *(cell.ljust(_WIDTH) for cell in row[1:])]).rstrip()


def _quoted(words: Iterable[tuple[str, str]]) -> Iterator[str]:
    for what, said in words:
        yield f"{what}:"
        yield from (f"  {line}" for line in said.splitlines())
