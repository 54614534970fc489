"""`workshop env`: how a shell uses the workspace's cluster."""

import shlex

import click

from workshop.workspace import home


@click.command("env")
def command() -> None:
    """Print the lines that make kubectl in this shell use the cluster: eval "$(workshop env)"."""
    variables = home.current_cluster(home.layout()).environment()
    for name in ("KUBECONFIG", "KUBECACHEDIR", "PATH", "NO_PROXY", "no_proxy"):
        if name in variables:
            click.echo(f"export {name}={shlex.quote(variables[name])}")
