"""`workshop solution`: the reference, as a difference to what the student wrote, and its reasons."""

import click

from workshop import workspace
from workshop.cli.wrap import wrapped
from workshop.cluster import CHECKOUT
from workshop.course import lesson as definitions
from workshop.course import place, progress
from workshop.course.git import open_clone
from workshop.course.solution import solution as lines

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command()
@click.argument("lesson", required=False)
def solution(lesson: str | None) -> None:
    """Show what the reference of LESSON does differently, and why; asks first if your checks aren't green."""
    git = open_clone(CHECKOUT)
    chosen = place.chosen(CHECKOUT, definitions.read(CHECKOUT), lesson)
    green = progress.read(workspace.layout().root, chosen.name).green
    if not green and not click.confirm(f"Your checks of lesson {chosen.number} aren't green yet. Show the reference?"):
        return
    for line in lines(git, CHECKOUT, chosen):
        click.echo(click.style(wrapped(line), fg=_COLOURS.get(line[:1])))
