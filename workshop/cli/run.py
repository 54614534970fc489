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
    _become("operator", arguments)


@command.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def certmanager(arguments: tuple[str, ...]) -> None:
    """The workshop's cert-manager. ARGUMENTS are its own: `workshop run certmanager -- --verbose`."""
    _become("certmanager", arguments)


def _become(name: str, arguments: tuple[str, ...]) -> None:
    """Be one of the operators, as its own service account."""
    cluster = home.current_cluster(home.layout())
    operator_ = operators.OPERATORS[name]
    kubeconfig = operators.log_in(operator_, cluster)
    argv = operators.command(operator_, *arguments)
    environment = operators.environment_of(kubeconfig, cluster.folder)
    os.execve(argv[0], argv, environment)  # noqa: S606 - signals are the operator's own
