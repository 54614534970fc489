"""How often each kind of fault strikes, by a seed: the same seed and the same requests give the same faults."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from workshop.faults import kinds
from workshop.faults.kinds import Kind

K = TypeVar("K", bound=Kind)
_EXCLUSIVE: Mapping[str, Iterable[Kind]] = {
    "a write": kinds.OF_WRITES,
    "a list": kinds.OF_LISTS,
    "a watch": kinds.OF_WATCHES,
    "an event": kinds.OF_EVENTS,
}


class RatesError(ValueError):
    """These rates make no sense; the message says which."""


@dataclass(frozen=True)
class FaultRates:
    """How often each kind strikes: the share of the requests, or of a watch's events, that it can strike at all.

    At most one fault strikes a request or an event, and latency besides. `longest_delay` is in seconds.

    Raises:
        RatesError: a rate isn't in 0 to 1, or rates that exclude each other add up to more than 1.
    """

    seed: int = 0
    by_kind: Mapping[Kind, float] = field(default_factory=dict)
    longest_delay: float = 0.5

    def __post_init__(self) -> None:
        for kind, rate in self.by_kind.items():
            if not 0 <= rate <= 1:
                raise RatesError(f"The rate of {kind} must be from 0 to 1, not {rate:g}.")
        for what, exclusive in _EXCLUSIVE.items():
            total = sum(self.by_kind.get(kind, 0) for kind in exclusive)
            if total > 1 + 1e-9:
                raise RatesError(
                    f"The rates of {', '.join(exclusive)} add up to {total:g}: {what} has only one of them."
                )

    def random(self, *occasion: str | int) -> Random:
        """The dice for one occasion, whatever else happens: so the order of other requests changes nothing."""
        return Random(f"{self.seed} {occasion}")  # noqa: S311 - reproducible is what it must be

    def delays(self, random: Random) -> bool:
        """Whether latency strikes."""
        return random.random() < self.by_kind.get(Kind.LATENCY, 0)

    def choose(self, candidates: Iterable[K], random: Random) -> K | None:
        """The one of these kinds that strikes, if one does."""
        roll = random.random()
        for kind in candidates:
            roll -= self.by_kind.get(kind, 0)
            if roll < 0:
                return kind
        return None


def parse_rates(rates: Mapping[str, float]) -> dict[Kind, float]:
    """Rates by the names of their kinds.

    Raises:
        RatesError: no such kind.
    """
    if unknown := sorted(set(rates) - set(kinds.DESCRIPTIONS)):
        raise RatesError(f"There is no fault {unknown[0]!r}. There are: {', '.join(kinds.DESCRIPTIONS)}.")
    return {Kind(name): rate for name, rate in rates.items()}
