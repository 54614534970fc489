"""`workshop run`: one component in the foreground, as its own service account."""

import importlib
import os
from importlib.util import find_spec

import click

from workshop.cli import run_pebble, webhook
from workshop.webhook import installation
from workshop.workspace import home, operators

_PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.group("run")
def command() -> None:
    """Run one component in the foreground, until Ctrl-C."""


command.add_command(run_pebble.command)
if find_spec("workshop.cli.run_certmanager"):  # a stage has those of its lessons
    command.add_command(importlib.import_module("workshop.cli.run_certmanager").command)


@command.command(context_settings=_PASS_ON)
@click.option("--webhook", "with_webhook", is_flag=True, help="Make a certificate if there is none, and install first.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def operator(with_webhook: bool, arguments: tuple[str, ...]) -> None:
    """The Icecream operator. ARGUMENTS are its own: `workshop run operator -- --on-oversell mark`."""
    cluster = home.current_cluster(home.layout())
    if with_webhook:
        with webhook.for_people():
            installed = installation.with_certificate(cluster)
        webhook.show(installed)
        arguments = (*installed.operator_arguments, *arguments)
    icecream = operators.OPERATORS["operator"]
    kubeconfig = operators.log_in(icecream, cluster)
    argv = operators.command(icecream, *arguments)
    environment = operators.environment_of(kubeconfig, cluster.folder)
    os.execve(argv[0], argv, environment)  # noqa: S606 - signals are the operator's own
