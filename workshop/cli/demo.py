"""`workshop demo`: the story of the lecture."""

import click
from rich.console import Console

from workshop.demo.story import StoryError
from workshop.demo.tell import tell
from workshop.workspace import home


@click.command("demo")
@click.option("--pause", is_flag=True, help="Wait for a key before each step, for lecturing.")
@click.option("--keep", is_flag=True, help="Tell it on this workspace's control plane, and leave that up.")
def command(pause: bool, keep: bool) -> None:
    """Tell the lecture's story on a fresh control plane; exit 0 only if each step came out as told."""
    console = Console(highlight=False)
    try:
        tell(home.layout(), console, _wait_for_key if pause else lambda: None, keep=keep)
    except StoryError as error:
        raise click.ClickException(f"The story broke: {error}.") from error
    console.print("\n[bold green]The end.[/] Each step came out as told. Your turn: make start LESSON=01")
    if keep:
        console.print("The control plane is still up: make shell")


def _wait_for_key() -> None:
    click.echo("\n-- a key goes on --")
    click.getchar()
