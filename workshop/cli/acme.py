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
from certmanager.acme.fields import printable
from certmanager.acme.identifier import Identifier
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from certmanager.acme.transcript import Transcript
from certmanager.pki.errors import PkiError
from workshop import pebble
from workshop.cli import acme_ca, acme_clean_up, acme_deactivate_account, acme_revoke
from workshop.cli.acme_ca import CA
from workshop.cli.acme_folder import FILE, FOLDER, a_line_a_cause, by_default, exchange_printer

_HTTP_PORT = 80  # RFC 8555 section 8.3
_WEBROOT = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("acme")
def command() -> None:
    """Be an ACME client (RFC 8555)."""


for module in (acme_clean_up, acme_deactivate_account, acme_revoke):
    command.add_command(module.command)


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--challenge", type=click.Choice(list(map(str, Type))), default=str(Type.HTTP_01), show_default=True)
@click.option("--directory", "directory_url", metavar="URL", help="The CA's directory. Without: a Pebble for this run.")
@click.option("--ca-file", type=FILE, help="What the CA's own HTTPS is trusted by, with --directory.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Where to listen for HTTP-01.")
@click.option("--http-port", type=click.IntRange(0, 65535), help="The port of that, with --directory. [80]")
@click.option("--webroot", type=_WEBROOT, help="In place of that: a folder that a web server there serves.")
@click.option("--dns", metavar="URL", help="challtestsrv's management, to answer DNS-01 for the CA of --directory.")
@click.option("--email", multiple=True, help="A contact for the account.")
@click.option("--agree", is_flag=True, help="Agree to the terms of service of the CA of --directory.")
@click.option("--eab-kid", help="The key id of an external account, where the CA wants one.")
@click.option("--eab-hmac-key", help="The MAC key of that, in base64url.")
@click.option(
    "--timeout", type=click.IntRange(1, 86400), default=120, show_default=True, help="Seconds to wait at most."
)
@click.option("--out", type=FOLDER, help="Folder for keys and certificate. [.workshop/acme/NAME]")
@click.option("--wire", is_flag=True, help="Show each message as it went over the wire, opened.")
def issue(  # one parameter an option, that is click's way
    names: tuple[str, ...],
    challenge: str,
    directory_url: str | None,
    ca_file: Path | None,
    http_port: int | None,
    listen: str,
    webroot: Path | None,
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
        _must_be_without_directory({"--ca-file": ca_file, "--http-port": http_port, "--webroot": webroot, "--dns": dns})
    elif challenge == Type.DNS_01 and dns is None:
        raise click.UsageError("dns-01 needs --dns URL: the management of a challtestsrv that the CA asks")
    elif challenge == Type.DNS_01 and webroot is not None:
        raise click.UsageError("--webroot is for http-01")
    try:
        identifiers = list(dict.fromkeys(map(Identifier.of, names)))
        storage = Storage(out or by_default(identifiers[0].value))
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
            asyncio.run(_issue(request, storage, ca, webroot, PollingPolicy(timeout=timeout), wire=wire))
    except (AcmeError, PkiError, pebble.PebbleError, OSError) as error:
        raise click.ClickException(a_line_a_cause(str(error))) from error


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


async def _issue(
    request: ObtainRequest, storage: Storage, ca: CA, webroot: Path | None, policy: PollingPolicy, *, wire: bool
) -> None:
    transcript = Transcript(click.echo)
    show = exchange_printer(transcript, wire=wire)

    def report(sentence: str) -> None:
        click.echo(a_line_a_cause(sentence))

    async with acme_ca.solver(request.challenge, ca, webroot, storage, transcript) as solver:
        chain = await obtain(
            request, storage, solver, report, trust=ca.trust, roots=ca.roots, on_exchange=show, policy=policy
        )
    until = chain.leaf.not_valid_after_utc
    click.echo(f"\nIssued until {until:%Y-%m-%d %H:%M} UTC, under {printable(chain.top)}:")
    click.echo(f"  {click.format_filename(storage.chain)}\n  {click.format_filename(storage.certificate_key)}")


class _WarningLines(logging.Handler):
    """Shows what the client warns of."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(a_line_a_cause(f"Warning: {record.getMessage()}"), err=True)


@contextlib.contextmanager
def _warnings_shown() -> Iterator[None]:
    logger, handler = logging.getLogger("certmanager.acme"), _WarningLines(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
