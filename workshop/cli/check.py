"""`workshop check`: the checks of a lesson, on the code in the working tree."""

import contextlib

import click

from workshop import workspace
from workshop.cluster import CHECKOUT
from workshop.course import lesson as definitions
from workshop.course import place, progress, watch
from workshop.course.bench import Bench
from workshop.course.lesson import Lesson
from workshop.course.report import Report


@click.command()
@click.argument("lesson", required=False)
@click.option("--watch", "watching", is_flag=True, help="Check again each time you save, until Ctrl-C.")
def check(lesson: str | None, watching: bool) -> None:
    """Check LESSON (01), or the one whose stage this is; exit 0 if all checks are green, 1 if not."""
    chosen = place.chosen(CHECKOUT, definitions.read(CHECKOUT), lesson)
    saves = watch.saves(CHECKOUT / exercise.file for exercise in chosen.exercises)
    with contextlib.closing(Bench()) as bench:
        green = _run(chosen, bench)
        while watching:
            click.echo("\nSave your file, and it is checked again. Ctrl-C ends this.")
            bench.prepare(CHECKOUT)
            next(saves)
            click.echo()
            _run(chosen, bench)
    raise SystemExit(0 if green else 1)


def _run(lesson: Lesson, bench: Bench) -> bool:
    report = Report(lesson, click.echo)
    report.begin()
    bench.prepare(CHECKOUT)
    result = bench.check(CHECKOUT, lesson, report.hear)
    report.end(result)
    home = workspace.layout().root
    progress.write(home, lesson.name, progress.read(home, lesson.name).checked(result.outcomes))
    return result.green
