"""What a gate adds to a create: the operator's webhook, a bare aiohttp server that answers "allowed", and a policy.

Usage: python -m benchmarks.admission [--rounds N] [--seconds S] [--clients N ...]

The gates take turns on one control plane; compare within a run. Creates are dry runs, so nobody reconciles meanwhile.

What kopf costs, on two loaded cores, the best of five runs in turn: a review costs the bare server 0.1 ms of CPU, ours
without kopf 0.15 ms, the operator as it is 0.35 ms, and with kopf's server in the place of ours 0.4 ms. So 0.2 ms are
kopf's, which makes a cause, lazy views and keyword arguments of each review, and has no setting for that; the judging
itself takes 0.01 ms. Sent directly by one client, half of the reviews are answered within 0.42 ms by the bare server,
0.37 ms without kopf, 0.44 ms by the operator and 0.86 ms by kopf's server; at most 3,100, 2,900, 1,900 and 1,500 are
answered a second. The API server of that machine creates 350 icecreams a second at most, so it is at its end long
before. The operator has 102 MiB then, the bare server 44.
"""

import argparse
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple

from benchmarks.admission.measure import GATES, WEBHOOKS, Cost, Latency, asked, creates, policy, webhook
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane, running_control_plane
from workshop.webhook import installation

Costs = dict[str, list[Cost]]


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3, help="for each measurement (default: %(default)s)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64], help="(default: %(default)s)")
    arguments = parser.parse_args()
    costs: Costs = {gate: [] for gate in GATES}
    with running_control_plane() as cluster:
        crd.establish(cluster)
        installation.with_certificate(cluster)  # the menu, which the policy reads too
        installation.uninstall(cluster)
        for _ in range(arguments.rounds):
            for gate, cost in _round(cluster, arguments.clients, arguments.seconds):
                costs[gate].append(cost)
    print(*_creates(costs, arguments.clients), *_reviews(costs, arguments.clients), sep="\n")


def _round(cluster: ControlPlane, clients: list[int], seconds: float) -> Iterator[tuple[str, Cost]]:
    yield "none", Cost(creates(cluster, clients, seconds), {})
    with policy(cluster):
        yield "policy", Cost(creates(cluster, clients, seconds), {})
    with asked(cluster) as installed:
        for gate in WEBHOOKS:
            yield gate, webhook(cluster, gate, installed, clients, seconds)


def _creates(costs: Costs, clients: Sequence[int]) -> Iterator[str]:
    """A Markdown table: medians of the rounds; what a gate adds is the difference to none in the same round."""
    yield _row("create with a gate", (f"p50 ms, {n} | p99 ms | adds to p50 | adds to p99 | creates/s" for n in clients))
    yield "|---" * (1 + 5 * len(clients)) + "|"
    for gate in GATES:
        cells: list[float] = []
        for number in clients:
            p50, p99, rate = _median([cost.creates[number] for cost in costs[gate]])
            cells += p50, p99, *_added(costs, gate, number), rate
        yield _row(gate, map(_figure, cells))


def _reviews(costs: Costs, clients: Sequence[int]) -> Iterator[str]:
    """The same for reviews that are sent to the webhook itself."""
    yield _row("review", [*(f"p50 ms, {n} | p99 ms | reviews/s" for n in clients), "CPU ms a review", "peak MiB"])
    yield "|---" * (3 + 3 * len(clients)) + "|"
    for gate in WEBHOOKS:
        cells: list[float] = []
        for number in clients:
            cells += _median([cost.reviews[number] for cost in costs[gate]])
        cells += statistics.median(cost.cpu for cost in costs[gate]), statistics.median(c.memory for c in costs[gate])
        yield _row(gate, map(_figure, cells))


def _row(title: str, cells: Iterable[str]) -> str:
    return f"| {title} | {' | '.join(cells)} |"


def _added(costs: Costs, gate: str, number: int) -> tuple[float, float]:
    pairs = list(zip(costs[gate], costs["none"], strict=True))
    p50 = statistics.median(cost.creates[number].p50 - none.creates[number].p50 for cost, none in pairs)
    p99 = statistics.median(cost.creates[number].p99 - none.creates[number].p99 for cost, none in pairs)
    return p50, p99


def _median(latencies: Iterable[Latency]) -> list[float]:
    return [statistics.median(values) for values in zip(*map(astuple, latencies), strict=True)]


def _figure(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 20 else f"{value:.2f}"


if __name__ == "__main__":
    main()
