"""`workshop doctor`: what is here and where from, what is missing and how to get it."""

import click

from workshop.binaries.doctor import State, examine
from workshop.binaries.errors import BinariesMissing


@click.command("doctor")
def command() -> None:
    """Show what is here, what is missing and how to get it; exit 1 where something needed can't be got."""
    try:
        findings = examine()
    except BinariesMissing as error:
        raise click.ClickException(str(error)) from error
    for finding in findings:
        click.echo(f"{finding.state:<8}  {finding.what:<23}  {finding.detail}")
    for advice in dict.fromkeys(finding.advice for finding in findings if finding.advice):
        click.echo(f"\n{advice}")
    missing = [finding.what for finding in findings if finding.state is State.MISSING]
    if missing:
        click.echo(f"\nMissing: {', '.join(missing)}.")
        raise SystemExit(1)
    if any(finding.state is State.TO_GET for finding in findings):
        click.echo("\n`make setup`, or the first command that needs it, gets what is still to get.")
