"""`workshop run certmanager`: cert-manager's controllers in the foreground, as their own service account."""

import os

import click

from workshop.workspace import home, operators


@click.command("certmanager", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> None:
    """The workshop's cert-manager. ARGUMENTS are its own: `workshop run certmanager -- --verbose`."""
    cluster = home.current_cluster(home.layout())
    certmanager = operators.OPERATORS["certmanager"]
    kubeconfig = operators.log_in(certmanager, cluster)
    argv = operators.command(certmanager, *arguments)
    environment = operators.environment_of(kubeconfig, cluster.folder)
    os.execve(argv[0], argv, environment)  # noqa: S606 - signals are its own
