"""`workshop freezer`: the freezer's own command line, for this workspace's cluster and database."""

import os
import sys

import click

from workshop.workspace import home, operators


@click.command("freezer", context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """The stock of scoops: stock, refill, ledger, check, repair."""
    cluster = home.current_cluster(home.layout())
    argv = [sys.executable, "-m", "icecream_operator.freezer", *arguments]
    os.execve(argv[0], argv, operators.environment_of(cluster.kubeconfig, cluster.folder))  # noqa: S606
