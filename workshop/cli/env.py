"""`workshop env`: how a shell uses the workspace's cluster."""

import shlex

import click

from workshop import workspace


@click.command()
def env() -> None:
    """Print the lines that make kubectl in this shell use the cluster: eval "$(workshop env)"."""
    variables = workspace.cluster(workspace.layout()).environment()
    for name in ("KUBECONFIG", "KUBECACHEDIR", "PATH"):
        click.echo(f"export {name}={shlex.quote(variables[name])}")
