"""`workshop solution`: the reference, as a difference to what the student wrote, and its reasons."""

import click

from workshop.cli.wrap import wrapped
from workshop.course import definition
from workshop.course.git import open_clone
from workshop.student import current_lesson, progress
from workshop.student.reference import solution
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT

_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


@click.command("solution")
@click.argument("lesson", required=False)
def command(lesson: str | None) -> None:
    """Show what the reference of LESSON does differently, and why; asks first if your checks aren't green."""
    git = open_clone(CHECKOUT)
    chosen = current_lesson.chosen(CHECKOUT, definition.read(CHECKOUT), lesson)
    green = progress.read(home.layout().root, chosen.name).green
    if not green and not click.confirm(f"Your checks of lesson {chosen.number} aren't green yet. Show the reference?"):
        return
    for line in solution(git, CHECKOUT, chosen):
        click.echo(click.style(wrapped(line), fg=_COLOURS.get(line[:1])))
