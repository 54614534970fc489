"""`workshop tags`: the stages of the lessons, as git tags."""

import click

from workshop.cluster import CHECKOUT
from workshop.course import tags as making
from workshop.course.git import open_clone


@click.command()
def tags() -> None:
    """Make two tags for each lesson: its start and its end. Does nothing inside a lesson's stage."""
    made = making.make(open_clone(CHECKOUT))
    for tag, commit in made.items():
        click.echo(f"{tag:<28} {commit[:12]}")
    if not made:
        click.echo("This is a lesson's stage already; tags are made from main.")
