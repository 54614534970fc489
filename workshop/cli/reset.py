"""`workshop reset`: an empty control plane again."""

import click

from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.providers import existing, local
from workshop.workspace import home


@click.command("reset")
def command() -> None:
    """Forget the control plane's data and keys; if it was up, it is up again afterwards, empty."""
    layout = home.layout()
    if context := existing.current_context(layout):
        raise ControlPlaneError(
            f"This workspace uses the context {context.name}; its data isn't ours to forget. "
            "What the workshop wrote there goes by: kubectl delete icecreams --all, while the operator runs; "
            "then kubectl delete -k deploy/operator && kubectl delete -f deploy/crds"
        )
    if local.reset(layout):
        state = local.up(layout, home.programs())
        click.echo(f"The control plane is up again, empty: {state.server}")
    else:
        click.echo("Data and keys are gone. The next one starts empty: make up")
