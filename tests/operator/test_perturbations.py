"""The operator is killed at each of its writes, is behind at each event, and doesn't see what was undone meanwhile.

Wherever that happens, it comes to the end that it should, and then rests. Operators that are known to be wrong don't.
"""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.operator.scenarios import Customers
from workshop import faults
from workshop.faults import Exploration, PointClass, Scenario, explore
from workshop.testing.icecreams import Icecreams
from workshop.testing.operator_process import OperatorProcess
from workshop.workspace.cluster import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# How many writes the operator needs for each, Events included.
WRITES = {
    "the sample appears (evict)": 2,
    "four of a flavour (evict)": 8,
    "three, and then a fourth (evict)": 8,
    "tangled flavours (evict)": 16,
    "a deletion frees a place (evict)": 13,
    "a change of flavour (evict)": 9,
    "five are marked, one goes (mark)": 13,
}
THERE_AND_BACK = [
    "one comes, goes and comes again (mark)",
    "changed, and changed back (mark)",
    "held, and let go (evict)",
]
PLACE_BECOMES_FREE = [
    "a is deleted",
    "a is being deleted",
    "a is made anew, after d",
    "a takes another flavour",
    "an earlier one takes a's place",
    "c takes a flavour too many",
]
STALE = CHECKOUT / "lessons/02-reconciler/wrong/bug-3-evicts-on-a-stale-cache.patch"
WRONG = CHECKOUT / "tests/operator/wrong"

Find = Callable[[str], Scenario]


@pytest.fixture
def root() -> Path:
    """Where the operator's code lies."""
    return CHECKOUT


@pytest.fixture
def scenario(icecreams: Icecreams, start: Callable[..., OperatorProcess], root: Path, freezer: Path) -> Find:
    """The scenario of a name, or of the beginning of one."""
    customers = Customers(
        icecreams, lambda kubeconfig, mode: start(f"--on-oversell={mode}", kubeconfig=kubeconfig, root=root), freezer
    )
    scenarios = [*customers.usual(), *customers.where_a_place_becomes_free()]
    return lambda name: next(scenario for scenario in scenarios if scenario.name.startswith(name))


@pytest.mark.parametrize("name", WRITES)
def test_whatever_it_does_not_know_it_comes_to_the_same_end(
    name: str, scenario: Find, kubeconfig: Path, tmp_path: Path, report_figure: Callable[[str], None]
) -> None:
    with faults.running(kubeconfig, folder=tmp_path) as proxy:
        explored = explore(scenario(name), proxy)
    report_figure(f"perturbed, {explored}")
    assert len(explored.record.writes) == WRITES[name], explored.record.writes
    assert explored.count(PointClass.INTERMEDIATE) == 2 * WRITES[name]
    assert_converged(explored)


@pytest.mark.parametrize("name", THERE_AND_BACK)
def test_what_was_undone_before_it_saw_it_makes_no_difference(
    name: str, scenario: Find, kubeconfig: Path, tmp_path: Path, report_figure: Callable[[str], None]
) -> None:
    with faults.running(kubeconfig, folder=tmp_path) as proxy:
        explored = explore(scenario(name), proxy, only="unobserved")
    report_figure(f"perturbed, {explored}")
    assert explored.count(PointClass.UNOBSERVED) == 1
    assert_converged(explored)


@pytest.mark.parametrize("what", PLACE_BECOMES_FREE)
def test_nobody_is_evicted_for_a_reason_that_the_api_server_no_longer_has(
    what: str, scenario: Find, kubeconfig: Path, tmp_path: Path, report_figure: Callable[[str], None]
) -> None:
    with faults.running(kubeconfig, folder=tmp_path) as proxy:
        explored = explore(scenario(f"d comes, and then {what}"), proxy, only="stale")
    report_figure(f"perturbed, {explored}")
    assert explored.count(PointClass.STALE) >= 5  # and more where it depends on who is faster how a deletion ends
    assert_converged(explored)


def assert_converged(explored: Exploration) -> None:
    assert not explored.not_converged, "\n".join(f"{point}: {why}" for point, why in explored.not_converged.items())


class TestAWrongOperator:
    """It is wrong only where it is killed, or behind, or hasn't seen something, and there it is found out."""

    @pytest.fixture
    def root(self, patch: Path, tmp_path: Path) -> Path:
        shutil.copytree(CHECKOUT / "icecream_operator", tmp_path / "root/icecream_operator")
        subprocess.run(["git", "apply", patch], cwd=tmp_path / "root", check=True)
        return tmp_path / "root"

    @pytest.mark.parametrize(
        ("patch", "name", "only", "points"),
        [
            pytest.param(
                WRONG / "at-start-only-what-has-no-status.patch",
                "a change of flavour",
                "killed before",
                {
                    "intermediate: killed before write 7",
                    "intermediate: killed before write 8",
                    "intermediate: killed before write 9",
                },
                id="intermediate",
            ),
            pytest.param(
                STALE,
                "d comes, and then a is deleted",
                "after ADDED icecreams/d",
                {
                    "stale: watch held after ADDED icecreams/d in step 1",
                    "stale: started again, its lists slow and its watches held, after ADDED icecreams/d in step 1",
                },
                id="stale",
            ),
            pytest.param(
                WRONG / "a-list-tells-of-new-names-only.patch",
                "one comes, goes and comes again",
                "unobserved",
                {"unobserved: DELETED icecreams/c in step 2 to ADDED icecreams/c in step 3"},
                id="unobserved",
            ),
        ],
    )
    def test_is_caught(
        self, name: str, only: str, points: set[str], scenario: Find, kubeconfig: Path, tmp_path: Path
    ) -> None:
        with faults.running(kubeconfig, folder=tmp_path) as proxy:
            explored = explore(replace(scenario(name), within=8), proxy, only=only)
        assert set(explored.not_converged) == points
