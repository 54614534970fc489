"""A small operator whose lists may be stale, and a careless one, at all points of a scenario."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.conftest import Through
from tests.faults.plain_client import Client
from tests.faults.secret_scenarios import goes_off
from workshop import faults
from workshop.faults import Outcome, PointClass, Process, Scenario

pytestmark = pytest.mark.slow


@pytest.fixture
def scenario(direct: Client, tmp_path: Path) -> Callable[..., Scenario]:
    return lambda kind="careful": goes_off(direct, tmp_path, kind)


AT_EVERY_POINT = """
intermediate: killed before write 1
intermediate: killed after write 1
intermediate: killed before write 2
intermediate: killed after write 2
intermediate: killed before write 3
intermediate: killed after write 3
stale: started again, its lists slow and its watches held, after the beginning
stale: started again at the end, its lists as of the beginning
stale: watch held after MODIFIED secrets/faults/vanilla in the start
stale: started again, its lists slow and its watches held, after MODIFIED secrets/faults/vanilla in the start
stale: watch held after MODIFIED secrets/faults/vanilla in step 1
stale: started again, its lists slow and its watches held, after MODIFIED secrets/faults/vanilla in step 1
stale: started again at the end, its lists as of MODIFIED secrets/faults/vanilla in step 1
stale: watch held after DELETED secrets/faults/vanilla in step 1
stale: started again, its lists slow and its watches held, after DELETED secrets/faults/vanilla in step 1
stale: watch held after ADDED secrets/faults/vanilla in step 2
stale: started again, its lists slow and its watches held, after ADDED secrets/faults/vanilla in step 2
stale: started again at the end, its lists as of ADDED secrets/faults/vanilla in step 2
stale: watch held after MODIFIED secrets/faults/vanilla in step 2
unobserved: DELETED secrets/faults/vanilla in step 1 to ADDED secrets/faults/vanilla in step 2
"""


def test_a_right_operator_comes_to_the_same_end_from_every_point(
    scenario: Callable[..., Scenario], through: Through
) -> None:
    shown: list[tuple[Outcome, int]] = []
    with through() as proxy:
        explored = faults.explore(scenario(), proxy, on_outcome=lambda outcome, total: shown.append((outcome, total)))
    assert explored.not_converged == {}
    assert [str(outcome.point) for outcome in explored.outcomes] == AT_EVERY_POINT.split("\n")[1:-1]
    assert shown == [(outcome, len(explored.outcomes)) for outcome in explored.outcomes]
    assert explored.runs == {PointClass.INTERMEDIATE: 6, PointClass.STALE: 13, PointClass.UNOBSERVED: 1}
    assert str(explored) == (
        "one goes off, another comes (careful): 21 runs,"
        " converged 6 of 6 intermediate, 13 of 13 stale, 1 of 1 unobserved"
    )


def test_a_careless_one_is_caught_by_lists_from_before_the_old_one_was_deleted(
    scenario: Callable[..., Scenario], through: Through
) -> None:
    with through() as proxy:
        explored = faults.explore(scenario("careless"), proxy, only="its lists as of")
    assert explored.count(PointClass.STALE) == 3
    assert set(explored.not_converged) == {
        "stale: started again at the end, its lists as of the beginning",
        "stale: started again at the end, its lists as of MODIFIED secrets/faults/vanilla in step 1",
    }


def test_one_that_ends_by_itself_has_not_converged(scenario: Callable[..., Scenario], through: Through) -> None:
    once = scenario()
    ended = iter([False])

    def start(kubeconfig: Path) -> Process:
        process = once.start(kubeconfig)
        if next(ended, True):
            process.kill()
        return process

    with through() as proxy:
        explored = faults.explore(replace(once, start=start), proxy, only="watch held after ADDED")
    assert list(explored.not_converged.values()) == ["the process has ended by itself"]


def test_an_end_that_differs_is_shown_beside_the_one_that_should_be(
    scenario: Callable[..., Scenario], through: Through
) -> None:
    once, ends = scenario(), itertools.count()
    with through() as proxy:
        explored = faults.explore(replace(once, end=lambda: next(ends), within=3), proxy, only="killed before write 1")
    assert re.match(r"the end is\n\d+\nand should be\n0", explored.not_converged["intermediate: killed before write 1"])


def test_a_scenario_that_does_not_settle_unharmed_says_what_differs(
    scenario: Callable[..., Scenario], through: Through
) -> None:
    def settled() -> None:
        raise AssertionError("there is no mango")

    with through() as proxy, pytest.raises(AssertionError, match="there is no mango"):
        faults.explore(replace(scenario(), settled=settled, within=0.5), proxy)
