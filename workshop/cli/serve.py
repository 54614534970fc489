"""`workshop serve`: the site, for who reads or writes it on this machine."""

import click

from workshop.cli.main import workshop
from workshop.site import server
from workshop.site.errors import SiteError
from workshop.workspace.cluster import CHECKOUT


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Which port. [a free one]")
def command(port: int) -> None:
    """Build the site and serve it on 127.0.0.1, built again at each save, until Ctrl-C. Notebooks aren't run."""
    try:
        server.serve(CHECKOUT, port, workshop, click.echo)
    except SiteError as error:
        raise click.ClickException(str(error)) from error
