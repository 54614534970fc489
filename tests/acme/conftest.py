"""One strict Pebble for all tests that want no other options, an account at it, and a CA that can break the rules."""

import datetime
import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from certmanager.acme import http01
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Type
from certmanager.acme.client import Client, connect
from certmanager.acme.exchange import Exchange
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.pki import keys
from certmanager.pki.certificates import Authority
from tests.acme.fake_ca import FakeCA, authority
from tests.acme.http_server import Quiet, web_server
from workshop import pebble
from workshop.pebble import serving_certificate
from workshop.pebble.serving_certificate import ServingCertificate


@pytest.fixture(scope="session")
def ca() -> Iterator[pebble.Pebble]:
    with pebble.serve(pebble.Options(authorization_reuse=0)) as running:
        yield running


@pytest.fixture
def webroot(ca: pebble.Pebble, tmp_path: Path) -> Iterator[Path]:
    """A folder that a web server serves where the CA looks."""
    folder = tmp_path / "www"
    folder.mkdir()
    with web_server(ca, functools.partial(Quiet, directory=str(folder))):
        yield folder


class Applicant:
    """A client with an account at a Pebble, its HTTP-01 solver, what went over the wire, and what the CA looked at."""

    def __init__(
        self, ca: pebble.Pebble, client: Client, http: http01.Http01Server, wire: list[Exchange], validated: list[str]
    ) -> None:
        self.ca = ca
        self.client = client
        self.http = http
        self.wire = wire
        self.validated = validated
        self.roots = ca.roots()

    async def issue(self, *names: str, key: keys.PrivateKey | None = None, preferred_chain: str | None = None) -> Chain:
        """A certificate by HTTP-01, verified up to Pebble's roots."""
        order = await self.client.new_order([Identifier.of(name) for name in names])
        return await issue(
            self.client,
            order,
            key or keys.generate(),
            Type.HTTP_01,
            self.http,
            roots=self.roots,
            preferred_chain=preferred_chain,
        )

    async def issue_by_dns(self, *names: str) -> Chain:
        """A certificate by DNS-01."""
        order = await self.client.new_order([Identifier.of(name) for name in names])
        return await issue(self.client, order, keys.generate(), Type.DNS_01, self.ca.dns, roots=self.roots)


Apply = Callable[[pebble.Pebble], Awaitable[Applicant]]


@asynccontextmanager
async def applicant_at(ca: pebble.Pebble) -> AsyncIterator[Applicant]:
    wire: list[Exchange] = []
    validated: list[str] = []
    async with (
        http01.serve("127.0.0.1", ca.http_port, validated.append) as http,
        connect(ca.directory_url, keys.generate(), trust=ca.trust, on_exchange=wire.append) as client,
    ):
        await client.new_account(terms_agreed=True)
        yield Applicant(ca, client, http, wire, validated)


@pytest.fixture
async def apply_at() -> AsyncIterator[Apply]:
    """An applicant, with an account, at whichever Pebble."""
    async with AsyncExitStack() as stack:
        yield lambda ca: stack.enter_async_context(applicant_at(ca))


@pytest.fixture
async def applicant(ca: pebble.Pebble, apply_at: Apply) -> Applicant:
    return await apply_at(ca)


Connect = Callable[..., AbstractAsyncContextManager[Client]]


class FakeClock:
    """A Clock on which waiting takes no time."""

    def __init__(self) -> None:
        self.time = datetime.datetime.now(datetime.UTC)
        self.slept: list[float] = []

    def now(self) -> datetime.datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += datetime.timedelta(seconds=seconds)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def connect_to(trust: ssl.SSLContext) -> Connect:
    """Connect a client to a fake CA."""
    return lambda ca, **more: connect(ca.directory_url, keys.generate(), trust=trust, **more)


@pytest.fixture
def another_authority() -> Authority:
    return authority("another root")


@pytest.fixture(scope="session")
def serving() -> ServingCertificate:
    return serving_certificate.generate(datetime.datetime.now(datetime.UTC))


@pytest.fixture
def trust(serving: ServingCertificate) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=serving.ca.decode())


@pytest.fixture
async def fake_ca(serving: ServingCertificate, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FakeCA]:
    """A CA that keeps to the RFC until a reply is altered, over TLS on loopback."""
    folder = tmp_path_factory.mktemp("fake_ca")
    (folder / "tls.crt").write_bytes(serving.certificate)
    (folder / "tls.key").write_bytes(serving.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    ca = FakeCA()
    runner = web.ServerRunner(web.Server(ca.answer, access_log=None))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        ca.base = f"https://127.0.0.1:{runner.addresses[0][1]}"
        yield ca
    finally:
        await runner.cleanup()
