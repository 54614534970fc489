"""`workshop acme`: be an ACME client, against a Pebble of its own or any CA."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

import click
from cryptography import x509

from certmanager.acme import http01
from certmanager.acme.challenge import Solver, Type
from certmanager.acme.errors import AcmeError
from certmanager.acme.exchange import Exchange
from certmanager.acme.identifier import Identifier
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from certmanager.acme.transcript import Transcript
from certmanager.pki.errors import PkiError
from workshop import pebble
from workshop.pebble.challtestsrv import ChallTestSrv
from workshop.workspace import home


@dataclass(frozen=True)
class _CA:
    """Who is asked, and where it looks for proofs. `dns` is challtestsrv's management; `roots` may be unknown."""

    directory_url: str
    trust: ssl.SSLContext
    listen: tuple[str, int]
    dns: str | None
    roots: Sequence[x509.Certificate] | None = None


@click.group("acme")
def command() -> None:
    """Be an ACME client (RFC 8555)."""


@command.command()
@click.argument("names", nargs=-1, required=True)
@click.option("--challenge", type=click.Choice(list(map(str, Type))), default=str(Type.HTTP_01), show_default=True)
@click.option("--directory", "directory_url", metavar="URL", help="The CA's directory. Without: a Pebble for this run.")
@click.option("--ca-file", type=click.Path(exists=True, path_type=Path), help="What the CA's own HTTPS is trusted by.")
@click.option("--listen", default="127.0.0.1", show_default=True, help="Where to listen for HTTP-01.")
@click.option("--http-port", default=80, show_default=True, help="The port of that, with --directory.")
@click.option("--dns", metavar="URL", help="challtestsrv's management, to answer DNS-01 for the CA of --directory.")
@click.option("--email", multiple=True, help="A contact for the account.")
@click.option("--agree", is_flag=True, help="Agree to the terms of service of the CA of --directory.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for keys and certificate. [.workshop/acme/NAME]")
@click.option("--wire", is_flag=True, help="Show each message as it went over the wire, opened.")
def issue(  # one parameter an option, that is click's way
    names: tuple[str, ...],
    challenge: str,
    directory_url: str | None,
    ca_file: Path | None,
    http_port: int,
    listen: str,
    dns: str | None,
    email: tuple[str, ...],
    agree: bool,
    out: Path | None,
    wire: bool,
) -> None:
    """Get a certificate for NAMES, told as it goes; interrupted and run again, it goes on with the same order."""
    try:
        identifiers = [Identifier.of(name) for name in names]
        storage = Storage(out or home.layout().root / "acme" / names[0].replace("*", "_"))
        contact = [f"mailto:{address}" for address in email]
        trust = ssl.create_default_context(cafile=ca_file)
        foreign = _CA(directory_url, trust, (listen, http_port), dns) if directory_url else None
        with contextlib.nullcontext(foreign) if foreign else _own_pebble() as ca:
            agreed = agree or foreign is None
            request = ObtainRequest(ca.directory_url, identifiers, Type(challenge), contact, terms_agreed=agreed)
            asyncio.run(_issue(request, storage, ca, wire=wire))
    except (AcmeError, PkiError, pebble.PebbleError, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _issue(request: ObtainRequest, storage: Storage, ca: _CA, *, wire: bool) -> None:
    transcript = Transcript(click.echo)

    def show(exchange: Exchange) -> None:
        transcript(exchange)
        if wire:
            click.echo(f"{exchange}\n")

    async with _solver(request.challenge, ca, transcript) as solver:
        chain = await obtain(request, storage, solver, click.echo, trust=ca.trust, roots=ca.roots, on_exchange=show)
    until = chain.leaf.not_valid_after_utc
    click.echo(f"\nIssued until {until:%Y-%m-%d %H:%M} UTC, under {chain.top}:")
    click.echo(f"  {storage.chain}\n  {storage.certificate_key}")


@contextlib.contextmanager
def _own_pebble() -> Iterator[_CA]:
    with pebble.serve() as own:
        click.echo(f"A Pebble of our own, for this run: {own.directory_url}\n")
        yield _CA(own.directory_url, own.trust, ("127.0.0.1", own.http_port), own.dns.url, own.roots())


@contextlib.asynccontextmanager
async def _solver(challenge: Type, ca: _CA, transcript: Transcript) -> AsyncIterator[Solver]:
    match challenge:
        case Type.HTTP_01:
            async with http01.serve(*ca.listen, transcript.validation_request) as server:
                yield server
        case Type.DNS_01:
            if ca.dns is None:
                raise click.UsageError("dns-01 needs --dns URL: the management of a challtestsrv that the CA asks")
            yield ChallTestSrv(ca.dns)
        case _:
            assert_never(challenge)
