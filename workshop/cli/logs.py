"""`workshop logs`: what the components wrote."""

import os

import click

from workshop.controlplane.errors import ControlPlaneError
from workshop.system import processes
from workshop.workspace import home


@click.command("logs")
@click.argument("name", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on as it grows, until Ctrl-C.")
def command(name: str | None, follow: bool) -> None:
    """Show a component's log, or the last lines of each: etcd, kube-apiserver, kube-controller-manager, audit."""
    layout = home.layout()
    files = {path.stem: path for path in sorted(layout.logs.glob("*.log"))}
    if name is None:
        for component, path in files.items():
            click.echo(f"==> {component} <==\n{processes.tail(path)}\n")
    elif name not in files:
        raise ControlPlaneError(f"There is no log of {name!r}. There are: {', '.join(files) or 'none yet'}")
    elif follow:
        os.execvp("tail", ["tail", "-n", "20", "-F", str(files[name])])  # noqa: S606 - replaces us, gets the Ctrl-C
    else:
        click.echo(files[name].read_text(errors="replace"), nl=False)
