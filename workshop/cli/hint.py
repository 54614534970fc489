"""`workshop hint`: help with the first exercise that is red."""

import click

from workshop.cli.wrap import wrapped
from workshop.course import definition
from workshop.student import current_lesson, hints, progress
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT


@click.command("hint")
@click.argument("lesson", required=False)
def command(lesson: str | None) -> None:
    """Print the next hint for the first red exercise of LESSON; each one is more precise than the one before."""
    chosen = current_lesson.chosen(CHECKOUT, definition.read(CHECKOUT), lesson)
    folder = home.layout().root
    known = progress.read(folder, chosen.name)
    number, which = hints.next_hint(chosen, known)
    exercise = chosen.exercises[number - 1]
    click.echo(f"Exercise {number}, {exercise.title}, hint {which} of {len(exercise.hints)}:")
    click.echo(wrapped(exercise.hints[which - 1]))
    if which == len(exercise.hints):
        click.echo(f"That was the last one. The reference: make solution LESSON={chosen.number}")
    progress.write(folder, chosen.name, known.hinted(number))
