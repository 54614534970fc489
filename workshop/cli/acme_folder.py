"""What the commands of `workshop acme` share that work on the folder of a certificate: their options, their errors."""

import asyncio
import functools
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from certmanager.acme.errors import AcmeError
from certmanager.acme.exchange import Exchange
from certmanager.acme.fields import printable
from certmanager.acme.storage import Storage
from certmanager.acme.transcript import Transcript
from certmanager.pki.errors import PkiError
from workshop.workspace import home

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)
_LONGEST_LINE = 300 - len("Error: ")


@dataclass(frozen=True)
class Folder:
    """The folder of a certificate, and the CA that it is of."""

    storage: Storage
    directory_url: str
    trust: ssl.SSLContext
    wire: bool

    def report(self, sentence: str) -> None:
        """Print what was done, or found to be done."""
        click.echo(a_line_a_cause(sentence))

    @functools.cached_property
    def on_exchange(self) -> Callable[[Exchange], None]:
        """Print each exchange, opened if that is wished."""
        return exchange_printer(Transcript(click.echo), wire=self.wire)


def folder_command(run: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Give a command the options that say which folder and which CA; `run` gets a Folder, and its own options."""

    @click.argument("name", required=False)
    @click.option("--out", type=FOLDER, help="Folder for keys and certificate. [.workshop/acme/NAME]")
    @click.option("--directory", "directory_url", metavar="URL", required=True, help="The CA's directory.")
    @click.option("--ca-file", type=FILE, help="What the CA's own HTTPS is trusted by.")
    @click.option("--wire", is_flag=True, help="Show each message as it went over the wire, opened.")
    @functools.wraps(run)
    def command(
        name: str | None, out: Path | None, directory_url: str, ca_file: Path | None, *, wire: bool, **options: Any
    ) -> None:
        storage = Storage(_existing(out or _by_name(name)))
        try:
            asyncio.run(_awaited(run(Folder(storage, directory_url, trust(ca_file), wire), **options)))
        except (AcmeError, PkiError, OSError) as error:
            raise click.ClickException(a_line_a_cause(str(error))) from error

    return command


async def _awaited(running: Awaitable[None]) -> None:
    await running


def _by_name(name: str | None) -> Path:
    if name is None:
        raise click.UsageError("which certificate? give its NAME, or its folder by --out")
    return by_default(name)


def by_default(name: str) -> Path:
    """Where the certificate lies whose first name is `name`, unless somebody says otherwise."""
    return home.layout().root / "acme" / name.replace("*", "_")


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise click.UsageError(f"there is no folder {click.format_filename(folder)}")
    return folder


def exchange_printer(transcript: Transcript, *, wire: bool) -> Callable[[Exchange], None]:
    """Print a sentence for each exchange; with `wire` also its messages, opened."""

    def show(exchange: Exchange) -> None:
        transcript(exchange)
        if wire:
            click.echo(f"{exchange}\n")

    return show


def trust(ca_file: Path | None) -> ssl.SSLContext:
    """Which certificates the CA's own server may have.

    Raises:
        AcmeError: the file holds none.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise AcmeError(f"--ca-file {str(ca_file)!r} holds no certificates in PEM: {error.reason or error}") from error


def a_line_a_cause(message: str) -> str:
    """The message with each line printable and short; what is cut off can be seen by --wire."""
    lines = (printable(line).rstrip() for line in message.splitlines())
    return "\n".join(line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…" for line in lines if line)
