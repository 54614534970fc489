"""`workshop check`: the checks of a lesson, on the code in the working tree."""

from collections.abc import Iterator

import click

from workshop import workspace
from workshop.checks.control_plane import control_plane
from workshop.cluster import CHECKOUT, Cluster
from workshop.course import checking, place, progress, watch
from workshop.course import lesson as definitions
from workshop.course.lesson import Lesson
from workshop.course.report import Report


@click.command()
@click.argument("lesson", required=False)
@click.option("--watch", "watching", is_flag=True, help="Check again each time you save, until Ctrl-C.")
def check(lesson: str | None, watching: bool) -> None:
    """Check LESSON (01), or the one whose stage this is; exit 0 if all checks are green, 1 if not."""
    chosen = place.chosen(CHECKOUT, definitions.read(CHECKOUT), lesson)
    saves = watch.saves(CHECKOUT / exercise.file for exercise in chosen.exercises)
    with control_plane() as fresh:
        green = _run(chosen, fresh)
    if watching:
        _go_on(chosen, saves)
    raise SystemExit(0 if green else 1)


def _go_on(lesson: Lesson, saves: Iterator[None]) -> None:
    """Check at each save, each time on a fresh control plane that was started before it was needed."""
    while True:
        with control_plane() as fresh:
            click.echo("\nSave your file, and it is checked again. Ctrl-C ends this.")
            next(saves)
            click.echo()
            _run(lesson, fresh)


def _run(lesson: Lesson, cluster: Cluster) -> bool:
    report = Report(lesson, click.echo)
    report.begin()
    result = checking.check(CHECKOUT, lesson, cluster, report.hear)
    report.end(result)
    home = workspace.layout().root
    progress.write(home, lesson.name, progress.read(home, lesson.name).checked(result.outcomes))
    return result.green
