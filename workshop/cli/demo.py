"""`workshop demo`: the demo of the lecture."""

import click
from rich.console import Console

from workshop.demo.presentation import present_all
from workshop.demo.presenter import DemoError
from workshop.workspace import home


@click.command("demo")
@click.option("--pause", is_flag=True, help="Wait for a key before each step, for lecturing.")
@click.option("--keep", is_flag=True, help="Do it on this workspace's control plane, and leave that up.")
def command(pause: bool, keep: bool) -> None:
    """Present the lecture's demo on a fresh control plane; exit 0 only if each step came out as expected."""
    console = Console(highlight=False)
    try:
        present_all(home.layout(), console, _wait_for_key if pause else lambda: None, keep=keep)
    except DemoError as error:
        raise click.ClickException(f"The demo broke: {error}.") from error
    console.print("\n[bold green]The end.[/] Each step came out as expected. Your turn: make start LESSON=01")
    if keep:
        console.print("The control plane is still up: make shell")


def _wait_for_key() -> None:
    click.echo("\n-- a key goes on --")
    click.getchar()
