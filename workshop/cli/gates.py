"""`workshop gates`: whether the lessons hold what they promise."""

import click

from workshop.cluster import CHECKOUT
from workshop.course import gates as judging
from workshop.course import lesson as definitions


@click.command()
@click.argument("lesson", required=False)
def gates(lesson: str | None) -> None:
    """Judge all lessons, or LESSON (01) alone; exit 0 if nothing is wrong, 1 if something is."""
    course = definitions.read(CHECKOUT)
    problems = [] if lesson else judging.judge_course(CHECKOUT)
    for each in [course.lesson(lesson)] if lesson else course.lessons:
        judged = judging.judge(CHECKOUT, each)
        problems += judged.problems
        click.echo(
            f"{each.name:<16} {len(each.exercises)} exercises, {judged.wrong} wrong solutions, "
            f"{len(judged.problems)} problems, {judged.seconds:.0f} s"
        )
    for problem in problems:
        click.echo(f"✗ {problem}", err=True)
    raise SystemExit(1 if problems else 0)
