"""Whom `workshop acme` asks, a Pebble of its own or any CA, and how proofs are shown to it."""

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
from certmanager.acme.storage import Storage
from certmanager.acme.transcript import Transcript
from workshop import pebble
from workshop.cli import acme_clean_up
from workshop.cli.acme_folder import trust
from workshop.pebble.challtestsrv import ChallTestSrv


@dataclass(frozen=True)
class CA:
    """Who is asked, and where it looks for proofs. `dns` is challtestsrv's management, `roots` our own CA's."""

    directory_url: str
    trust: ssl.SSLContext
    listen: tuple[str, int]
    dns: str | None
    roots: Sequence[x509.Certificate] | None = None


@contextlib.contextmanager
def opened(directory_url: str | None, ca_file: Path | None, listen: tuple[str, int], dns: str | None) -> Iterator[CA]:
    """The CA of `directory_url`, or a Pebble inside the `with`, which looks at a port of its own.

    Raises:
        AcmeError: `ca_file` holds no certificates.
        PebbleError: Pebble doesn't start.
    """
    if directory_url is not None:
        yield CA(directory_url, trust(ca_file), listen, dns)
        return
    with pebble.serve() as own:
        click.echo(f"A Pebble of our own, for this run: {own.directory_url}\n")
        yield CA(own.directory_url, own.trust, (listen[0], own.http_port), own.dns.url, own.roots())


@contextlib.asynccontextmanager
async def solver(
    challenge: Type, ca: CA, webroot: Path | None, storage: Storage, transcript: Transcript
) -> AsyncIterator[Solver]:
    """What shows proofs to the CA, inside the `async with`; which ones is on record where that outlives us."""
    match challenge:
        case Type.HTTP_01 if webroot is not None:
            yield acme_clean_up.webroot(webroot, storage)
        case Type.HTTP_01:
            async with http01.serve(*ca.listen, transcript.validation_request) as server:
                yield server
        case Type.DNS_01:
            assert ca.dns is not None  # `workshop acme issue` has refused it otherwise
            yield ChallTestSrv(ca.dns) if ca.roots else acme_clean_up.challtestsrv(ca.dns, storage)
        case _:
            assert_never(challenge)
