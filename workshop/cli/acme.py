"""`workshop acme`: be an ACME client, against a Pebble of its own or any CA."""

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from certmanager.acme.account import ExternalAccount
from certmanager.acme.challenge import Type
from certmanager.acme.errors import AcmeError
from certmanager.acme.exchange import Exchange
from certmanager.acme.fields import printable
from certmanager.acme.identifier import Identifier
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from certmanager.acme.transcript import Transcript
from certmanager.pki.errors import PkiError
from workshop import pebble
from workshop.cli import acme_ca
from workshop.cli.acme_ca import CA
from workshop.workspace import home

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)
_HTTP_PORT = 80  # RFC 8555 section 8.3
_LONGEST_LINE = 200 - len("Error: ")


@click.group("acme")
def command() -> None:
    """Be an ACME client (RFC 8555)."""


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--challenge", type=click.Choice(list(map(str, Type))), default=str(Type.HTTP_01), show_default=True)
@click.option("--directory", "directory_url", metavar="URL", help="The CA's directory. Without: a Pebble for this run.")
@click.option("--ca-file", type=_FILE, help="What the CA's own HTTPS is trusted by, with --directory.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Where to listen for HTTP-01.")
@click.option("--http-port", type=click.IntRange(0, 65535), help="The port of that, with --directory. [80]")
@click.option("--dns", metavar="URL", help="challtestsrv's management, to answer DNS-01 for the CA of --directory.")
@click.option("--email", multiple=True, help="A contact for the account.")
@click.option("--agree", is_flag=True, help="Agree to the terms of service of the CA of --directory.")
@click.option("--eab-kid", help="The key id of an external account, where the CA wants one.")
@click.option("--eab-hmac-key", help="The MAC key of that, in base64url.")
@click.option(
    "--timeout", type=click.IntRange(1, 86400), default=120, show_default=True, help="Seconds to wait at most."
)
@click.option("--out", type=_FOLDER, help="Folder for keys and certificate. [.workshop/acme/NAME]")
@click.option("--wire", is_flag=True, help="Show each message as it went over the wire, opened.")
def issue(  # one parameter an option, that is click's way
    names: tuple[str, ...],
    challenge: str,
    directory_url: str | None,
    ca_file: Path | None,
    http_port: int | None,
    listen: str,
    dns: str | None,
    email: tuple[str, ...],
    agree: bool,
    eab_kid: str | None,
    eab_hmac_key: str | None,
    timeout: int,
    out: Path | None,
    wire: bool,
) -> None:
    """Get a certificate for NAMES, told as it goes; interrupted and run again, it goes on with the same order."""
    if directory_url is None:
        _must_be_without_directory({"--ca-file": ca_file, "--http-port": http_port, "--dns": dns})
    elif challenge == Type.DNS_01 and dns is None:
        raise click.UsageError("dns-01 needs --dns URL: the management of a challtestsrv that the CA asks")
    try:
        identifiers = list(dict.fromkeys(map(Identifier.of, names)))
        storage = Storage(out or home.layout().root / "acme" / identifiers[0].value.replace("*", "_"))
        listen_at = (listen, _HTTP_PORT if http_port is None else http_port)
        with _warnings_shown(), acme_ca.opened(directory_url, ca_file, listen_at, dns) as ca:
            request = ObtainRequest(
                ca.directory_url,
                identifiers,
                Type(challenge),
                [f"mailto:{address}" for address in email],
                _external(eab_kid, eab_hmac_key),
                terms_agreed=agree or directory_url is None,
            )
            asyncio.run(_issue(request, storage, ca, PollingPolicy(timeout=timeout), wire=wire))
    except (AcmeError, PkiError, pebble.PebbleError, OSError) as error:
        raise click.ClickException(_a_line_a_cause(str(error))) from error


def _must_be_without_directory(options: Mapping[str, object]) -> None:
    for name, value in options.items():
        if value is not None:
            raise click.UsageError(
                f"{name} is for the CA of --directory URL; without that a Pebble of our own is asked"
            )


def _external(key_id: str | None, mac_key: str | None) -> ExternalAccount | None:
    if key_id is None and mac_key is None:
        return None
    if not key_id or mac_key is None:
        raise click.UsageError("an external account needs both --eab-kid and --eab-hmac-key")
    return ExternalAccount.of(key_id, mac_key)


async def _issue(request: ObtainRequest, storage: Storage, ca: CA, policy: PollingPolicy, *, wire: bool) -> None:
    transcript = Transcript(click.echo)

    def show(exchange: Exchange) -> None:
        transcript(exchange)
        if wire:
            click.echo(f"{exchange}\n")

    def report(sentence: str) -> None:
        click.echo(_a_line_a_cause(sentence))

    async with acme_ca.solver(request.challenge, ca, transcript) as solver:
        chain = await obtain(
            request, storage, solver, report, trust=ca.trust, roots=ca.roots, on_exchange=show, policy=policy
        )
    until = chain.leaf.not_valid_after_utc
    click.echo(f"\nIssued until {until:%Y-%m-%d %H:%M} UTC, under {printable(chain.top)}:")
    click.echo(f"  {click.format_filename(storage.chain)}\n  {click.format_filename(storage.certificate_key)}")


class _WarningLines(logging.Handler):
    """Shows what the client warns of."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(_a_line_a_cause(f"Warning: {record.getMessage()}"), err=True)


@contextlib.contextmanager
def _warnings_shown() -> Iterator[None]:
    logger, handler = logging.getLogger("certmanager.acme"), _WarningLines(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _a_line_a_cause(message: str) -> str:
    """The message with each line printable and short; what is cut off can be seen by --wire."""
    lines = (printable(line).rstrip() for line in message.splitlines())
    return "\n".join(line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…" for line in lines if line)
