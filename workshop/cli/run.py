"""`workshop run`: one component in the foreground, as its own service account."""

import importlib
import os
from importlib.util import find_spec

import click

from workshop.cli import run_pebble
from workshop.workspace import home, operators

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group("run")
def command() -> None:
    """Run one component in the foreground, until Ctrl-C."""


command.add_command(run_pebble.command)
if find_spec("workshop.cli.run_certmanager"):  # a stage has those of its lessons
    command.add_command(importlib.import_module("workshop.cli.run_certmanager").command)


@command.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def operator(arguments: tuple[str, ...]) -> None:
    """The Icecream operator. ARGUMENTS are its own: `workshop run operator -- --on-oversell mark`."""
    cluster = home.current_cluster(home.layout())
    icecream = operators.OPERATORS["operator"]
    kubeconfig = operators.log_in(icecream, cluster)
    argv = operators.command(icecream, *arguments)
    environment = operators.environment_of(kubeconfig, cluster.folder)
    os.execve(argv[0], argv, environment)  # noqa: S606 - signals are the operator's own
