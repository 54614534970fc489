"""`workshop doctor`: what is here and where from, what is missing and how to get it."""

import click

from workshop.binaries.errors import BinariesMissing
from workshop.binaries.prerequisites import State, examine


@click.command("doctor")
def command() -> None:
    """Show what is here, what is missing and how to get it; exit 1 where something needed can't be got."""
    try:
        prerequisites = examine()
    except BinariesMissing as error:
        raise click.ClickException(str(error)) from error
    for prerequisite in prerequisites:
        click.echo(f"{prerequisite.state:<8}  {prerequisite.name:<23}  {prerequisite.detail}")
    for advice in dict.fromkeys(prerequisite.advice for prerequisite in prerequisites if prerequisite.advice):
        click.echo(f"\n{advice}")
    missing = [prerequisite.name for prerequisite in prerequisites if prerequisite.state is State.MISSING]
    if missing:
        click.echo(f"\nMissing: {', '.join(missing)}.")
        raise SystemExit(1)
    if any(prerequisite.state is State.TO_GET for prerequisite in prerequisites):
        click.echo("\n`make setup`, or the first command that needs it, gets what is still to get.")
