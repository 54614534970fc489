"""Crash points, all of them: the operator is killed at each of its writes, before it, and after it with the reply lost.

Writes are those to the API server and those to the freezer's database. An unharmed run of a scenario counts them. Each
further run is killed at one of them, the operator is started again, and all must end as in the unharmed run, with
nothing reserved that shouldn't be.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.operator import oracle
from tests.operator.history import OWN
from tests.operator.rest import as_it_should_be, until_at_rest
from workshop import faults
from workshop.faults import FaultInjector, When
from workshop.system.polling import eventually
from workshop.testing.icecreams import Body, Icecreams, manifest
from workshop.testing.operator_process import OperatorProcess

pytestmark = pytest.mark.slow

KILLED_AT_COMMIT = "tests.operator.killed_at_commit"
Start = Callable[..., OperatorProcess]
Act = Callable[[Icecreams], object]


@dataclass(frozen=True)
class Scenario:
    """What customers do: `first` while no operator runs, then one act after the other, each when the last has settled.

    `writes` is how many the operator needs for it, Events included.
    """

    name: str
    mode: str
    writes: int
    first: Act
    acts: Sequence[Act] = ()


def sell(*orders: Body) -> Act:
    def act(at: Icecreams) -> None:
        for order in orders:
            at.create(order)

    return act


def take_away(name: str) -> Act:
    return lambda at: at.delete(name)


def change(name: str, *flavours: str) -> Act:
    return lambda at: at.patch(name, {"spec": {"flavour": list(flavours)}})


MATCHA = [manifest(name, "matcha") for name in ("a", "b", "c", "d")]
TANGLED = [
    manifest("a", "matcha"),
    manifest("b", "matcha", "vanilla"),
    manifest("c", "matcha", "saffron"),
    manifest("d", "matcha", "vanilla"),  # one too many of matcha, so it takes up no vanilla
    manifest("e", "vanilla"),
    manifest("f", "vanilla", "saffron"),
    manifest("g", "vanilla"),  # one too many
    manifest("h", "saffron"),
]
SCENARIOS = [
    Scenario("the sample appears", "evict", 2, sell(manifest("toomuch", "matcha", "vanilla"))),
    Scenario("four of a flavour", "evict", 8, sell(*MATCHA)),
    Scenario("three, and then a fourth", "evict", 8, sell(*MATCHA[:3]), [sell(MATCHA[3])]),
    Scenario("tangled flavours", "evict", 16, sell(*TANGLED)),
    Scenario("a deletion frees a place", "evict", 13, sell(*MATCHA[:3]), [take_away("a"), sell(MATCHA[3])]),
    Scenario("a change of flavour", "evict", 9, sell(*MATCHA[:3]), [change("a", "vanilla")]),
    Scenario("five are marked, one goes", "mark", 13, sell(*MATCHA, manifest("e", "matcha")), [take_away("b")]),
]


class Run:
    """One run of a scenario, through `proxy`, with the database `freezer`."""

    def __init__(
        self, scenario: Scenario, icecreams: Icecreams, start: Start, proxy: FaultInjector, freezer: Path
    ) -> None:
        self.scenario, self.icecreams, self.proxy, self.freezer = scenario, icecreams, proxy, freezer
        self._start = functools.partial(start, f"--on-oversell={scenario.mode}", kubeconfig=proxy.kubeconfig)
        self._evicts = scenario.mode == "evict"
        self._before = len(proxy.writes)
        self.commits = 0
        self.operator: OperatorProcess

    def unharmed(self, commits: Path) -> dict[str, Body]:
        """Play it to its last write, and return what is left and what it says; commits are counted in a file."""
        first = functools.partial(self._start, f"--count={commits}", module=KILLED_AT_COMMIT)

        def has_happened() -> bool:
            self.commits = commits.stat().st_size
            return len(self.writes()) >= self.scenario.writes

        return self._play(first, lambda: None, has_happened)

    def killed_at_write(self, nth: int, when: When) -> dict[str, Body]:
        """The same, with a death at a write to the API server, and a new start."""
        killed = self.proxy.kill_at(self._before + nth, when, lambda: self.operator.kill())
        return self._play(self._start, lambda: self._start_again(killed.done()), killed.done)

    def killed_at_commit(self, nth: int, when: When) -> dict[str, Body]:
        """The same, with a death at a commit of the database."""
        first = functools.partial(self._start, f"--kill={when.name}:{nth}", module=KILLED_AT_COMMIT)
        starts = 0

        def start_again() -> None:
            nonlocal starts
            starts += self._start_again(True)

        return self._play(first, start_again, lambda: starts == 1)

    def _start_again(self, is_killed: bool) -> bool:
        if not is_killed or self.operator.is_alive:
            return False
        self.operator = self._start()
        return True

    def _play(
        self, first: Callable[[], OperatorProcess], each_look: Callable[[], object], has_happened: Callable[[], bool]
    ) -> dict[str, Body]:
        for file in self.freezer.parent.glob(f"{self.freezer.name}*"):
            file.unlink()
        self.scenario.first(self.icecreams)
        self.operator = first()
        try:
            self._settle(each_look)
            for act in self.scenario.acts:
                act(self.icecreams)
                self._settle(each_look)

            def happened() -> None:
                each_look()
                assert has_happened(), f"until now there were these writes: {', '.join(self.writes())}"

            eventually(happened)
            each_look()
            return oracle.statuses(until_at_rest(self.icecreams, evicts=self._evicts, freezer=self.freezer))
        finally:
            self.operator.kill()
            self.icecreams.delete_all()

    def _settle(self, each_look: Callable[[], object]) -> None:
        """Wait until all is as it should be, and see that those who are left are those who came."""
        came = {icecream["metadata"]["name"]: icecream["metadata"]["uid"] for icecream in self.icecreams.list()}

        def look() -> None:
            each_look()
            for icecream in as_it_should_be(self.icecreams, evicts=self._evicts, freezer=self.freezer):
                assert came[icecream["metadata"]["name"]] == icecream["metadata"]["uid"]

        eventually(look)

    def writes(self) -> list[str]:
        return [str(write) for write in self.proxy.writes[self._before :] if OWN not in str(write)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_killed_at_any_write_it_comes_to_the_same_end(
    scenario: Scenario,
    icecreams: Icecreams,
    start: Start,
    kubeconfig: Path,
    freezer: Path,
    tmp_path: Path,
    report_figure: Callable[[str], None],
) -> None:
    with faults.running(kubeconfig, folder=tmp_path) as proxy:

        def run() -> Run:
            return Run(scenario, icecreams, start, proxy, freezer)

        unharmed = run()
        end = unharmed.unharmed(tmp_path / "commits")
        assert len(unharmed.writes()) == scenario.writes, unharmed.writes()
        for nth, when in itertools.product(range(1, scenario.writes + 1), When):
            assert run().killed_at_write(nth, when) == end, f"write {nth}, {when}"
        for nth, when in itertools.product(range(1, unharmed.commits + 1), When):
            assert run().killed_at_commit(nth, when) == end, f"commit {nth}, {when}"
    report_figure(
        f"crashes, {scenario.name} ({scenario.mode}): {scenario.writes} writes to the API server and"
        f" {unharmed.commits} to the database, killed before and after each"
    )
