"""`workshop hint`: help with the first exercise that is red, or with the one that is asked for."""

import click

from workshop.cli.wrap import wrapped
from workshop.course import definition
from workshop.student import current_lesson, hints, progress
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT


@click.command("hint")
@click.argument("lesson", required=False)
@click.option("--exercise", type=int, help="Which exercise, instead of the first one that is red.")
def command(lesson: str | None, exercise: int | None) -> None:
    """Print the next hint for the first red exercise of LESSON; each one is more precise than the one before."""
    chosen = current_lesson.chosen(CHECKOUT, definition.read(CHECKOUT), lesson)
    folder = home.layout().root
    known = progress.read(folder, chosen.name)
    following = hints.next_hint(chosen, known, exercise)
    if not following:
        click.echo(f"All was green when the checks last ran. The reference: make solution LESSON={chosen.number}")
        return
    number, which = following
    of = chosen.exercises[number - 1]
    click.echo(f"Exercise {number}, {of.title}, hint {which} of {len(of.hints)}:")
    click.echo(wrapped(of.hints[which - 1]))
    if which == len(of.hints):
        click.echo(f"That was the last one. The reference: make solution LESSON={chosen.number}")
    progress.write(folder, chosen.name, known.hinted(number))
