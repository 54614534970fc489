"""Which faults strike, from a seed: the same seed and the same requests give the same faults."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

from workshop.faults import kinds
from workshop.faults.kinds import Kind

K = TypeVar("K", bound=Kind)
_EXCLUSIVE = {
    "a write": kinds.OF_WRITES,
    "a list": kinds.OF_LISTS,
    "a watch": kinds.OF_WATCHES,
    "an event": kinds.OF_EVENTS,
}


class RatesError(ValueError):
    """These rates make no sense; the message says which."""


@dataclass(frozen=True)
class Schedule:
    """How often each kind strikes: the share of the requests, or of a watch's events, that it can strike at all.

    At most one fault strikes a request or an event, and latency besides. `longest_delay` is in seconds.

    Raises:
        RatesError: a rate isn't in 0 to 1, or rates that exclude each other add up to more than 1.
    """

    seed: int = 0
    rates: Mapping[Kind, float] = field(default_factory=dict)
    longest_delay: float = 0.5

    def __post_init__(self) -> None:
        for kind, rate in self.rates.items():
            if not 0 <= rate <= 1:
                raise RatesError(f"The rate of {kind} must be from 0 to 1, not {rate:g}.")
        for what, together in _EXCLUSIVE.items():
            total = sum(self.rates.get(kind, 0) for kind in together)
            if total > 1 + 1e-9:
                raise RatesError(
                    f"The rates of {', '.join(together)} add up to {total:g}: {what} has only one of them."
                )

    def random(self, *of: str | int) -> Random:
        """The dice for one occasion, whatever else happens: so the order of other requests changes nothing."""
        return Random(f"{self.seed} {of}")  # noqa: S311 - reproducible is what it must be

    def delays(self, random: Random) -> bool:
        """Whether latency strikes."""
        return random.random() < self.rates.get(Kind.LATENCY, 0)

    def strikes(self, among: Iterable[Kind], random: Random) -> Kind | None:
        """The one of these kinds that strikes, if one does."""
        roll = random.random()
        for kind in among:
            roll -= self.rates.get(kind, 0)
            if roll < 0:
                return kind
        return None


def rates(given: Mapping[str, float]) -> dict[Kind, float]:
    """Rates by the names of their kinds.

    Raises:
        RatesError: no such kind.
    """
    if unknown := sorted(set(given) - set(_names())):
        raise RatesError(f"There is no fault {unknown[0]!r}. There are: {', '.join(_names())}.")
    return {Kind(name): rate for name, rate in given.items()}


def _names() -> Sequence[str]:
    return [str(kind) for kind in kinds.DESCRIPTIONS]
