"""`workshop status`: the state of the workspace's cluster, for people and, by `-o json`, for programs."""

import json

import click

from workshop.workspace import cluster_status, home


@click.command("status")
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text", help="json for programs.")
def command(output: str) -> None:
    """Show what runs, what doesn't, and what there isn't; exit 0 if the cluster answers, 1 if not."""
    status = cluster_status.read(home.layout())
    click.echo(json.dumps(status, indent=2) if output == "json" else cluster_status.as_text(status))
    raise SystemExit(0 if status["state"] == "ready" else 1)
