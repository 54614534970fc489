"""The operator against a bare asyncio loop (`bare`), in turn on one control plane, and a table for each scenario.

Usage: python -m benchmarks.operator [--only TITLE ...] [--rounds N]

Compare within a run: the times are as good as the machine is quiet, since the API server takes most of them.

What kopf costs, on two loaded cores, medians of seven runs of 400 icecreams in turn: the bare loop uses 0.8 ms of CPU
per icecream, this operator with a watch of its own in kopf's place 1.3 ms, as it is 2.4 ms. So two thirds of what it
costs more than the bound are kopf's, which makes tasks and contexts for each of the two events of an icecream, and has
no setting for that. uvloop saves a seventh of the operator's CPU, gc.freeze after the imports a sixth.

In mark mode the siblings of the third icecream of a flavour are told that it is sold out (2 patches more per flavour),
and each icecream that is marked gets an Event, so there are more requests than icecreams.
"""

import argparse
import math
import statistics
from collections.abc import Iterator, Sequence

from benchmarks.operator.load import Order
from benchmarks.operator.measure import Cost, Scenario, measure
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane, running_control_plane

PROGRAMS = ("bare", "operator")
SCENARIOS = [
    Scenario("single", Order("ice", 100, singly=True)),
    Scenario("own-1000", Order("ice", 1000)),
    Scenario("own-5000", Order("ice", 5000)),
    Scenario("shared-1000", Order("ice", 1000, flavours=100), mode="mark"),
    Scenario("shared-5000", Order("ice", 5000, flavours=100), mode="mark"),
    Scenario("waiting-1000", Order("ice", 1000), before="waiting"),
    Scenario("settled-5000", Order("ice", 5000), before="settled"),
]
HEADINGS = {
    "total": "last status ms",
    "p50": "p50 ms",
    "p99": "p99 ms",
    "requests": "requests",
    "patches": "patches",
    "events": "Events",
    "cpu": "CPU s",
    "memory": "peak MiB",
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=[scenario.title for scenario in SCENARIOS])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    peaks = {}
    for scenario in SCENARIOS:
        if not arguments.only or scenario.title in arguments.only:
            with running_control_plane() as cluster:
                costs = _alternate(cluster, scenario, arguments.rounds)
            print(*_table(scenario.title, costs), sep="\n", flush=True)
            peaks[scenario.title] = {program: _median(costs[program], "memory") for program in PROGRAMS}
    if {"own-1000", "own-5000"} <= peaks.keys():
        for program in PROGRAMS:
            grown = (peaks["own-5000"][program] - peaks["own-1000"][program]) * 1024 / 4000
            print(f"{program}: {grown:.1f} kB more per icecream from 1,000 to 5,000")


def _alternate(cluster: ControlPlane, scenario: Scenario, rounds: int) -> dict[str, list[Cost]]:
    crd.establish(cluster)
    costs: dict[str, list[Cost]] = {program: [] for program in PROGRAMS}
    for number in range(rounds):
        for program in PROGRAMS if number % 2 else reversed(PROGRAMS):
            costs[program].append(measure(cluster, program, scenario))
    return costs


def _table(title: str, costs: dict[str, list[Cost]]) -> Iterator[str]:
    """The lines of a Markdown table: median, and in brackets from the least to the most."""
    yield f"\n| {title} | {' | '.join(HEADINGS.values())} |"
    yield "|---" * (len(HEADINGS) + 1) + "|"
    for program in PROGRAMS:
        cells = [_cell([getattr(cost, name) for cost in costs[program]]) for name in HEADINGS]
        yield f"| {program} | {' | '.join(cells)} |"
    pairs = list(zip(costs["operator"], costs["bare"], strict=True))
    ratios = [_cell([_ratio(ours, bare, name) for ours, bare in pairs]) for name in HEADINGS]
    yield f"| ratio, pair by pair | {' | '.join(ratios)} |"


def _ratio(ours: Cost, bare: Cost, name: str) -> float:
    divisor: float = getattr(bare, name)
    return getattr(ours, name) / divisor if divisor else math.nan


def _cell(values: Sequence[float]) -> str:
    low, middle, high = (_figure(value) for value in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _figure(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if value >= 20 else f"{value:.2f}"


def _median(costs: Sequence[Cost], name: str) -> float:
    return float(statistics.median(getattr(cost, name) for cost in costs))


if __name__ == "__main__":
    main()
