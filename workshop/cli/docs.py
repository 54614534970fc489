"""`workshop docs`: the course as a web site."""

from pathlib import Path

import click

from workshop.cli.main import workshop
from workshop.site import snippets
from workshop.site.builder import build
from workshop.site.errors import SiteError
from workshop.workspace.cluster import CHECKOUT


@click.command("docs")
@click.option("--out", type=click.Path(path_type=Path), default=CHECKOUT / "site", help="Where to. [site/]")
@click.option("--quick", is_flag=True, help="Show notebooks without running them.")
@click.option("--update-snippets", is_flag=True, help="First bring the code on the pages up to date with its files.")
def command(out: Path, quick: bool, update_snippets: bool) -> None:
    """Build the site of this tree; exit 1 if a link is broken, or anything else is wrong with a page."""
    try:
        if update_snippets:
            for page in snippets.update(CHECKOUT):
                click.echo(f"{page} is up to date now.")
        build(CHECKOUT, out, workshop, run_notebooks=not quick, say=click.echo)
    except SiteError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"The site is in {out}. In a browser: make serve")
