"""`workshop hint`: help with the first exercise that is red."""

import click

from workshop import workspace
from workshop.cli.wrap import wrapped
from workshop.cluster import CHECKOUT
from workshop.course import hints, place, progress
from workshop.course import lesson as definitions


@click.command()
@click.argument("lesson", required=False)
def hint(lesson: str | None) -> None:
    """Print the next hint for the first red exercise of LESSON; each one is more precise than the one before."""
    chosen = place.chosen(CHECKOUT, definitions.read(CHECKOUT), lesson)
    home = workspace.layout().root
    known = progress.read(home, chosen.name)
    number, which = hints.next_hint(chosen, known)
    exercise = chosen.exercises[number - 1]
    click.echo(f"Exercise {number}, {exercise.title}, hint {which} of {len(exercise.hints)}:")
    click.echo(wrapped(exercise.hints[which - 1]))
    if which == len(exercise.hints):
        click.echo(f"That was the last one. The reference: make solution LESSON={chosen.number}")
    progress.write(home, chosen.name, known.hinted(number))
