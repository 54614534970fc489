"""`workshop up`: the workspace's control plane, started in the background, or a cluster of the user's own."""

import time

import click

from workshop import binaries
from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import existing, local
from workshop.workspace import home


@click.command("up")
@click.option("--provider", type=click.Choice(["local", "existing"]), default="local", show_default=True)
@click.option("--context", help="With --provider existing: which context of your kubeconfig.")
@click.option("--yes", is_flag=True, help="With --provider existing: don't ask before it is used.")
def command(provider: str, context: str | None, yes: bool) -> None:
    """Start the control plane in the background, or use a cluster that you have; says what to type next."""
    layout = home.layout()
    if provider == "existing":
        _use_existing(layout, context, yes)
    else:
        _start_local(layout)
    click.echo("\nType next:\n  make shell                         a shell in which kubectl uses it")
    click.echo(
        '  eval "$(.venv/bin/workshop env)"   the same in this shell\n  make status                        what runs'
    )


def _start_local(layout: Layout) -> None:
    if current := existing.current_context(layout):
        raise ControlPlaneError(f"This workspace uses the context {current.name}. Leave it first: workshop down")
    if failure := local.failure(layout):
        click.echo(f"The last one ended by itself: {failure}\nIts data is still there.")
    programs = home.programs()
    began = time.monotonic()
    running = local.is_running(layout)
    if not running:
        click.echo("Starting etcd, kube-apiserver and kube-controller-manager ...")
    state = local.up(layout, programs)
    took = "already up" if running else f"up after {time.monotonic() - began:.1f} s"
    click.echo(f"The control plane is {took}: {state.server}")


def _use_existing(layout: Layout, context: str | None, yes: bool) -> None:
    if not context:
        raise click.UsageError("--provider existing needs --context NAME; `kubectl config get-contexts` lists them.")
    kubectl = binaries.ensure(["kubectl"], binaries.Reporter())["kubectl"]
    cluster = existing.find(context, kubectl)
    click.echo(f"Context {context}: {cluster.context.server}, Kubernetes {cluster.version}")
    click.echo(
        "The workshop will write to it: the CRD of icecreams, icecreams, the namespace demooperator-system, RBAC."
    )
    if not yes:
        click.confirm("Use this cluster?", abort=True)
    existing.use(layout, cluster)
    click.echo(f"This workspace now uses it, through {layout.kubeconfig}. Your own kubeconfig stays as it is.")
