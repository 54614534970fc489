"""`workshop tags`: the stages of the lessons, as git tags."""

import click

from workshop.course import tags
from workshop.course.git import open_clone
from workshop.workspace.cluster import CHECKOUT


@click.command("tags")
def command() -> None:
    """Make two tags for each lesson: its start and its end. Does nothing inside a lesson's stage."""
    made = tags.make(open_clone(CHECKOUT))
    for tag, commit in made.items():
        click.echo(f"{tag:<28} {commit[:12]}")
    if not made:
        click.echo("This is a lesson's stage already; tags are made from main.")
