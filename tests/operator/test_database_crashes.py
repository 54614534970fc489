"""The operator is killed at each of its commits to the freezer's database, before and after it, and comes to the end.

What it writes to the API server is in `test_perturbations`.
"""

import functools
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.operator.rest import until_at_rest
from tests.operator.scenarios import Customers
from workshop.faults import Scenario, When
from workshop.system.polling import eventually
from workshop.testing.icecreams import Icecreams
from workshop.testing.operator_process import OperatorProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

KILLED_AT_COMMIT = "tests.operator.killed_at_commit"

# How many commits the operator needs for each, that of the tables among them.
COMMITS = {
    "the sample appears (evict)": 2,
    "tangled flavours (evict)": 7,
    "a deletion frees a place (evict)": 6,
    "a change of flavour (evict)": 5,
    "five are marked, one goes (mark)": 6,
}


class Run:
    """One run of a scenario. `again` starts the operator after its death; `commits` is where it counts them."""

    def __init__(self, scenario: Scenario, again: Callable[[], OperatorProcess], commits: Path) -> None:
        self.scenario, self.again, self.commits = scenario, again, commits
        self.deaths = self.commits_counted = 0
        self.end: object = None

    def play(self, first: Callable[[], OperatorProcess], rest: Callable[[], object]) -> "Run":
        for act in self.scenario.before:
            act()
        self.operator = first()
        try:
            self._eventually(self.scenario.settled)
            for step in self.scenario.steps:
                self._eventually(step)
                self._eventually(self.scenario.settled)
            self.commits_counted = self.commits.stat().st_size if self.commits.exists() else 0
            rest()
            self.end = self.scenario.end()
        finally:
            self.operator.kill()
            self.scenario.clean_up()
        return self

    def _eventually(self, look: Callable[[], object]) -> None:
        def both() -> None:
            if not self.operator.is_alive:
                self.deaths += 1
                self.operator = self.again()
            look()

        eventually(both)


@pytest.mark.parametrize("name", COMMITS)
def test_killed_at_any_commit_it_comes_to_the_same_end(
    name: str,
    icecreams: Icecreams,
    start: Callable[..., OperatorProcess],
    freezer: Path,
    tmp_path: Path,
    report_figure: Callable[[str], None],
) -> None:
    customers = Customers(icecreams, lambda *_: pytest.fail("is started otherwise"), freezer)
    scenario = next(scenario for scenario in customers.usual() if scenario.name == name)
    mode = f"--on-oversell={'mark' if 'mark' in name else 'evict'}"
    rest = functools.partial(until_at_rest, icecreams, evicts="evict" in name, freezer=freezer)
    commits = tmp_path / "commits"

    def play(*arguments: str) -> Run:
        first = functools.partial(start, mode, *arguments, module=KILLED_AT_COMMIT)
        return Run(scenario, functools.partial(start, mode), commits).play(first, rest)

    unharmed = play(f"--count={commits}")
    assert (unharmed.commits_counted, unharmed.deaths) == (COMMITS[name], 0)
    for nth, when in itertools.product(range(1, COMMITS[name] + 1), When):
        killed = play(f"--kill={when.name}:{nth}")
        assert (killed.end, killed.deaths) == (unharmed.end, 1), f"{when.name} commit {nth}"
    report_figure(f"crashes, {name}: {COMMITS[name]} commits to the database, killed before and after each")
