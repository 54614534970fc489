"""`workshop gates`: whether the lessons hold what they promise."""

from collections.abc import Iterable

import click

from workshop.authoring import gates
from workshop.authoring.gates import Judged
from workshop.course import definition
from workshop.workspace.cluster import CHECKOUT


@click.command("gates")
@click.argument("lesson", required=False)
def command(lesson: str | None) -> None:
    """Judge all lessons, or LESSON (01) alone; exit 0 if nothing is wrong, 1 if something is."""
    course = definition.read(CHECKOUT)
    problems = [] if lesson else gates.judge_course(CHECKOUT)
    judged = []
    for each in [course.lesson(lesson)] if lesson else course.lessons:
        judged.append(gates.judge(CHECKOUT, each))
        click.echo(_line(each.name, judged[-1:]))
        problems += judged[-1].problems
    if not lesson:
        click.echo(_line(f"{len(judged)} lessons", judged))
    for problem in problems:
        click.echo(f"✗ {problem}", err=True)
    raise SystemExit(1 if problems else 0)


def _line(name: str, judged: Iterable[Judged]) -> str:
    return (
        f"{name:<16} {sum(len(each.lesson.exercises) for each in judged):>2} exercises, "
        f"{sum(each.caught for each in judged):>2} wrong solutions caught, "
        f"{sum(each.commands for each in judged):>3} commands run on pages, "
        f"{sum(each.notebooks for each in judged):>2} notebooks run, "
        f"{sum(len(each.problems) for each in judged)} problems, "
        f"{sum(each.seconds for each in judged) / 60:.1f} min"
    )
