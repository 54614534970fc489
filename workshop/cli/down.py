"""`workshop down`: end the control plane and keep its data."""

import click

from workshop.controlplane.providers import existing, local
from workshop.workspace import home


@click.command("down")
def command() -> None:
    """End the control plane; its data stays. An existing cluster is only forgotten."""
    layout = home.layout()
    if context := existing.current_context(layout):
        existing.forget(layout)
        click.echo(f"This workspace no longer uses the context {context.name}; nothing was deleted there.")
    elif local.down(layout):
        click.echo("The control plane is down. Its data stays: make up")
    else:
        click.echo("No control plane was up.")
