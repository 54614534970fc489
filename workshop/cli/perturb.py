"""`workshop perturb`: scenarios, each run at all points at which its process may be killed, behind, or see nothing."""

import contextlib
import importlib
import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from workshop.faults import Exploration, FaultInjector, Outcome, Scenario, explore, running
from workshop.testing.control_plane import ControlPlane, running_control_plane

Prepare = Callable[[ControlPlane], contextlib.AbstractContextManager[tuple[Path, Sequence[Scenario]]]]


@click.command("perturb")
@click.argument("module")
@click.option("--scenario", "name", default="", metavar="TEXT", help="Only those with this in their names.")
@click.option("--point", default="", metavar="TEXT", help="Only the points with this in their names.")
def command(module: str, name: str, point: str) -> None:
    """Run the scenarios of MODULE at every point; exit 0 if all runs converge, 1 if one doesn't.

    MODULE is a Python module such as tests.operator.scenarios. Its context manager `prepared(control_plane)` is given a
    control plane of their own, and gives the kubeconfig of the process under test and the scenarios.

    First an unharmed run is recorded. Then there is one run at each point, which should come to the same end:

    \b
    intermediate  killed before, or after, each of its writes, and started again
    stale         behind at each event, while everything else has gone on
    unobserved    its watch cut before an event, its next list from after one that undoes it
    """
    prepare = _prepare(module)
    with running_control_plane() as control_plane, prepare(control_plane) as (kubeconfig, scenarios):
        chosen = [scenario for scenario in scenarios if name in scenario.name]
        if not chosen:
            names = ", ".join(scenario.name for scenario in scenarios)
            raise click.ClickException(f"There is no scenario with {name!r} in its name. There are: {names}.")
        with running(kubeconfig, folder=control_plane.folder) as proxy:
            explored = [_explore(scenario, proxy, point) for scenario in chosen]
    if not any(each.outcomes for each in explored):
        raise click.ClickException(f"There is no point with {point!r} in its name.")
    sys.exit(1 if any(each.not_converged for each in explored) else 0)


def _prepare(module: str) -> Prepare:
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{module} can't be imported: {error}.") from error
    if not hasattr(imported, "prepared"):
        raise click.ClickException(f"{module} has no context manager `prepared`, which would give the scenarios.")
    prepare: Prepare = imported.prepared
    return prepare


def _explore(scenario: Scenario, proxy: FaultInjector, point: str) -> Exploration:
    numbers = itertools.count(1)

    def show(outcome: Outcome, total: int) -> None:
        click.echo(f"{next(numbers):>4}/{total}  {'NOT CONVERGED  ' if outcome.problem else ''}{outcome.point}")

    click.echo(scenario.name)
    try:
        explored = explore(scenario, proxy, only=point, on_outcome=show)
    except AssertionError as error:
        raise click.ClickException(f"Unharmed, {scenario.name} doesn't settle: {error}") from error
    _print_table(explored)
    return explored


def _print_table(explored: Exploration) -> None:
    click.echo(f"\n{'':<14}{'points':>6}{'runs':>7}{'converged':>12}")
    for point_class, runs in explored.runs.items():
        points, converged = explored.count(point_class), explored.converged(point_class)
        click.echo(f"{point_class:<14}{points:>6}{runs:>7}{converged:>12}")
    for point, problem in explored.not_converged.items():
        click.echo(f"\n{point}\n{problem}")
    click.echo()
