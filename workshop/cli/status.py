"""`workshop status`: the state of the workspace's cluster, for people and, by `-o json`, for programs."""

import json

import click

from workshop.workspace import cluster_status, home


@click.command("status")
@click.option("-o", "output", type=click.Choice(["text", "json"]), default="text", help="json for programs.")
def command(output: str) -> None:
    """Show what runs, what doesn't, and what there isn't; exit 0 if the cluster answers, 1 if not."""
    told = cluster_status.status(home.layout())
    click.echo(json.dumps(told, indent=2) if output == "json" else cluster_status.text(told), nl=output == "json")
    raise SystemExit(0 if told["state"] == "ready" else 1)
