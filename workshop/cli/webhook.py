"""`workshop webhook`: has the API server ask the operator, and looks at the way between them."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from workshop.controlplane.providers import existing
from workshop.webhook import configuration, connectivity, installation
from workshop.webhook.errors import FaultError, WebhookError
from workshop.workspace import home


@click.group("webhook")
def command() -> None:
    """Have the API server ask the operator before it stores an icecream, and find what is wrong between them."""


@contextmanager
def for_people() -> Iterator[None]:
    """Turn what can be wrong with a webhook into a line and exit code 1."""
    try:
        yield
    except WebhookError as error:
        raise click.ClickException(str(error)) from error


@command.command()
@click.option("--cert-dir", type=click.Path(path_type=Path), help="Where ca.crt lies. [webhook, in this workspace]")
@click.option("--port", type=click.IntRange(1, 65535), help="Where the operator will listen. [a free one, remembered]")
def install(cert_dir: Path | None, port: int | None) -> None:
    """Have the API server ask an operator on this machine.

    It applies deploy/webhook, with the port and the CA of that operator. Done again, it changes nothing.
    """
    layout = home.layout()
    cluster = home.current_cluster(layout)
    folder = (cert_dir or installation.cert_dir(cluster)).resolve()
    with for_people():
        show(installation.install(cluster, folder, port))
    if context := existing.current_context(layout):
        click.echo(f"Can the API server of the context {context.name} reach this machine? workshop webhook check")


def show(installed: installation.Installation) -> None:
    """Say what has been installed."""
    authorities = configuration.subjects(installed.authorities)
    click.echo(f"The API server will ask localhost:{installed.port}, and trust {authorities}.")
    click.echo("The menu stays as it was." if installed.kept_menu else "There is a menu now, from deploy/webhook.")


@command.command()
def uninstall() -> None:
    """Have the API server ask nobody any more.

    The menu stays, and so do certificate and port.
    """
    installation.uninstall(home.current_cluster(home.layout()))
    click.echo("The API server asks nobody any more.")


@command.command()
def check() -> None:
    """Name the first thing that is wrong on the way.

    It goes from the API server to the webhook as that does: configuration, Service, TLS, answer. Exit 0 if all is well.
    """
    cluster = home.current_cluster(home.layout())
    try:
        for passed in connectivity.trace(cluster, datetime.datetime.now(datetime.UTC)):
            click.echo(f" ✓ {passed.step:<14} {passed.seen}")
    except FaultError as fault:
        click.echo(f" ✗ {fault.step:<14} {fault}\n   {'do:':<14} {fault.remedy}")
        raise SystemExit(1) from None
    click.echo("The API server reaches the webhook.")


@command.command()
@click.option("--rounds", type=click.IntRange(10), default=100, show_default=True, help="Orders whose time is taken.")
def compare(rounds: int) -> None:
    """Try the rule as enum, CEL rule, policy, and webhook.

    The first three are put before copies of the CRD. It takes some seconds, and nothing of it stays; for a moment three
    icecreams are ordered, and there is garlic on the menu.
    """
    from workshop.webhook import comparison, comparison_table  # the others do without the kubernetes client

    cluster = home.current_cluster(home.layout())
    try:
        list(connectivity.trace(cluster, datetime.datetime.now(datetime.UTC)))
    except FaultError as fault:
        raise click.ClickException(f"The webhook can't be asked: {fault}\nLook: workshop webhook check") from fault
    with for_people():
        click.echo(comparison_table.as_text(comparison.compare(cluster, rounds)))
