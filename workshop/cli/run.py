"""`workshop run`: one component in the foreground, as its own service account."""

import os

import click

from workshop.cli import run_pebble
from workshop.workspace import home, operators

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group("run")
def command() -> None:
    """Run one component in the foreground, until Ctrl-C."""


command.add_command(run_pebble.command)


@command.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def operator(arguments: tuple[str, ...]) -> None:
    """The Icecream operator. ARGUMENTS are its own: `workshop run operator -- --on-oversell mark`."""
    cluster = home.cluster(home.layout())
    chosen = operators.OPERATORS["operator"]
    identity = operators.log_in(chosen, cluster)
    argv = operators.command(chosen, *arguments)
    os.execve(argv[0], argv, {**os.environ, "KUBECONFIG": str(identity)})  # noqa: S606 - signals are the operator's own
