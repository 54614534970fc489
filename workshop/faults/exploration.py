"""Runs a scenario at all of its points, and says which runs came to the end that they should."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from workshop.faults.injector import FaultInjector
from workshop.faults.perturbed_run import NotConvergedError, away, perturbed, unharmed
from workshop.faults.points import Behind, Point, PointClass, Record, Swallowed, enumerate_points
from workshop.faults.scenario import Scenario


@dataclass(frozen=True)
class Outcome:
    """What came of the run at a point: `problem` is empty if it converged."""

    point: Point
    problem: str = ""


@dataclass(frozen=True)
class Exploration:
    """What came of all of them. `runs` are also those that tell what the end should be, but for the unharmed one."""

    scenario: str
    record: Record
    outcomes: Sequence[Outcome]
    runs: Mapping[PointClass, int]

    @property
    def not_converged(self) -> dict[str, str]:
        """The problems, by point."""
        return {str(outcome.point): outcome.problem for outcome in self.outcomes if outcome.problem}

    def count(self, point_class: PointClass) -> int:
        """How many points of a class there are."""
        return sum(outcome.point.point_class is point_class for outcome in self.outcomes)

    def converged(self, point_class: PointClass) -> int:
        """How many of their runs converged."""
        return sum(outcome.point.point_class is point_class and not outcome.problem for outcome in self.outcomes)

    def __str__(self) -> str:
        counts = (f"{self.converged(each)} of {self.count(each)} {each}" for each in PointClass)
        return f"{self.scenario}: {1 + sum(self.runs.values())} runs, converged {', '.join(counts)}"


def explore(
    scenario: Scenario,
    proxy: FaultInjector,
    *,
    only: str = "",
    on_outcome: Callable[[Outcome, int], object] = lambda *_: None,
) -> Exploration:
    """Make an unharmed run of a scenario, and one run at each of its points, or at those whose names have `only`.

    The end should be that of the unharmed run. Where timing matters and the process is behind, or hasn't seen
    something, it should be that of a run in which the process was away meanwhile: who knows late must come to what one
    finds who comes late.

    `on_outcome` is called after each run at a point, with the number of points.

    Raises:
        AssertionError: the unharmed run, or the one without the process, doesn't settle: nothing can be said.
    """
    record, end = unharmed(scenario, proxy)
    end_of_away = cache(lambda first, last: away(scenario, proxy, first, last))

    def expected(point: Point) -> object:
        match point:
            case Behind(step=step) if scenario.timing_matters:
                return end_of_away(step, len(scenario.steps) - 1)
            case Swallowed(first, second) if scenario.timing_matters:
                return end_of_away(first.step, second.step)
            case _:
                return end

    outcomes, runs = [], Counter[PointClass](dict.fromkeys(PointClass, 0))
    points = enumerate_points(record, timing_matters=scenario.timing_matters)
    chosen = [point for point in points if only in str(point)]
    for point in chosen:
        known = end_of_away.cache_info().misses
        outcomes.append(_outcome(scenario, proxy, point, expected(point)))
        runs[point.point_class] += 1 + end_of_away.cache_info().misses - known
        on_outcome(outcomes[-1], len(chosen))
    return Exploration(scenario.name, record, outcomes, runs)


def _outcome(scenario: Scenario, proxy: FaultInjector, point: Point, end: object) -> Outcome:
    try:
        perturbed(scenario, proxy, point, end)
    except NotConvergedError as error:
        return Outcome(point, str(error))
    except Exception as error:
        error.add_note(f"This was at the point {point}.")
        raise
    return Outcome(point)
