"""`workshop run`: one component in the foreground, as its own service account."""

import os

import click

from workshop import operators, workspace
from workshop.cli.run_pebble import run_pebble

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group()
def run() -> None:
    """Run one component in the foreground, until Ctrl-C."""


run.add_command(run_pebble)


@run.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def operator(arguments: tuple[str, ...]) -> None:
    """The Icecream operator. ARGUMENTS are its own: `workshop run operator -- --on-oversell mark`."""
    cluster = workspace.cluster(workspace.layout())
    chosen = operators.OPERATORS["operator"]
    identity = operators.log_in(chosen, cluster)
    argv = operators.command(chosen, *arguments)
    os.execve(argv[0], argv, {**os.environ, "KUBECONFIG": str(identity)})  # noqa: S606 - signals are the operator's own
