"""One strict Pebble for all tests that turn no dial, a way to issue on it, and a CA whose every reply can be bent."""

import datetime
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest
from aiohttp import web
from cryptography import x509

from certmanager.acme import http01, jws
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Type
from certmanager.acme.client import Client, connect
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.exchange import Exchange
from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.names import AltNames, Subject
from workshop import pebble
from workshop.pebble import serving_certificate


@pytest.fixture(scope="session")
def ca() -> Iterator[pebble.Pebble]:
    with pebble.serve(pebble.Options(authorization_reuse=0)) as running:
        yield running


class Applicant:
    """A client with an account at a Pebble, a solver for HTTP-01, and all that went over the wire."""

    def __init__(self, ca: pebble.Pebble, client: Client, http: http01.Http01Server, wire: list[Exchange]) -> None:
        self.ca = ca
        self.client = client
        self.http = http
        self.wire = wire
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
    async with (
        http01.serve("127.0.0.1", ca.http_port) as http,
        connect(ca.directory_url, keys.generate(), trust=ca.trust, on_exchange=wire.append) as client,
    ):
        await client.new_account(terms_agreed=True)
        yield Applicant(ca, client, http, wire)


@pytest.fixture
async def apply_at() -> AsyncIterator[Apply]:
    """An applicant, with an account, at whichever Pebble."""
    async with AsyncExitStack() as stack:
        yield lambda ca: stack.enter_async_context(applicant_at(ca))


@pytest.fixture
async def applicant(ca: pebble.Pebble, apply_at: Apply) -> Applicant:
    return await apply_at(ca)


class StoppedClock:
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
def clock() -> StoppedClock:
    return StoppedClock()


@dataclass(frozen=True)
class Sent:
    """A reply of the bent CA."""

    body: bytes = b""
    status: int = 200
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    nonce: str | None = "fresh"

    @property
    def json(self) -> dict[str, object]:
        members: dict[str, object] = json.loads(self.body)
        return members

    def with_members(self, **members: object) -> "Sent":
        """The same JSON object with other members; None takes one out."""
        merged = {name: value for name, value in {**self.json, **members}.items() if value is not None}
        return replace(self, body=json.dumps(merged).encode())

    def problem(self, status: int, **members: object) -> "Sent":
        """A problem document in its place."""
        return replace(self, status=status, media="application/problem+json", body=json.dumps(members).encode())


class BentCA:
    """The smallest ACME server that issues; `bend[resource]` makes another reply of the one that it would give.

    It takes every nonce, every signature and every challenge on trust: what is tested with it is the client.
    """

    def __init__(self) -> None:
        self.bend: dict[str, Callable[[Sent], Sent]] = {}
        self.drop: set[str] = set()
        self.seen: list[str] = []
        self.base = ""
        self.status = "pending"
        self.names: list[dict[str, str]] = []
        self.chain = b""
        self.authority = _authority("bent root")

    @property
    def directory_url(self) -> str:
        return f"{self.base}/directory"

    async def answer(self, request: web.BaseRequest) -> web.Response:
        resource = request.path.strip("/")
        self.seen.append(resource)
        body = await request.read()
        payload = jws.decode(json.loads(body)["payload"]) if body else b""
        sent = getattr(self, f"_{resource}")(json.loads(payload) if payload else {})
        sent = self.bend.get(resource, lambda same: same)(sent)
        if resource in self.drop and request.transport is not None:
            request.transport.abort()
        nonce = {} if sent.nonce is None else {"Replay-Nonce": sent.nonce}
        headers = {**nonce, "Content-Type": sent.media, **sent.headers}
        return web.Response(body=sent.body, status=sent.status, headers=headers)

    def _directory(self, _: dict[str, object]) -> Sent:
        names = {"newNonce": "nonce", "newAccount": "account", "newOrder": "neworder", "revokeCert": "revoke"}
        return self._json(**{name: f"{self.base}/{path}" for name, path in names.items()})

    def _nonce(self, _: dict[str, object]) -> Sent:
        return Sent()

    def _account(self, _: dict[str, object]) -> Sent:
        return replace(self._json(status="valid"), headers={"Location": f"{self.base}/account"})

    def _neworder(self, payload: dict[str, object]) -> Sent:
        self.names = payload["identifiers"]  # type: ignore[assignment]
        self.status = "pending"
        return replace(self._order({}), headers={"Location": f"{self.base}/order"}, status=201)

    def _order(self, _: dict[str, object]) -> Sent:
        extra = {"certificate": f"{self.base}/certificate"} if self.status == "valid" else {}
        return self._json(
            status=self.status,
            identifiers=self.names,
            authorizations=[f"{self.base}/authorization"],
            finalize=f"{self.base}/finalize",
            **extra,
        )

    def _authorization(self, _: dict[str, object]) -> Sent:
        url, status = f"{self.base}/challenge", "pending" if self.status == "pending" else "valid"
        challenge = {"type": "http-01", "url": url, "token": "to-ken_1", "status": status}
        return self._json(status=status, identifier=self.names[0], challenges=[challenge])

    def _challenge(self, _: dict[str, object]) -> Sent:
        self.status = "ready"
        return self._json(type="http-01", url=f"{self.base}/challenge", token="to-ken_1", status="processing")

    def _finalize(self, payload: dict[str, object]) -> Sent:
        self.chain = self.certify(x509.load_der_x509_csr(jws.decode(str(payload["csr"]))))
        self.status = "valid"
        return self._order({})

    def _certificate(self, _: dict[str, object]) -> Sent:
        return Sent(self.chain, media="application/pem-certificate-chain")

    def certify(self, request: x509.CertificateSigningRequest, signer: Authority | None = None) -> bytes:
        """The chain for a request."""
        leaf = certificates.signed_by(signer or self.authority, request, _validity(), ["server auth"])
        return certificates.to_pem(leaf, self.authority.certificate)

    def _json(self, **members: object) -> Sent:
        return Sent(json.dumps(members).encode())


def _authority(name: str) -> Authority:
    key = keys.generate()
    request = requests.create(key, AltNames(), Subject(common_name=name))
    return Authority(certificates.self_signed(request, key, _validity(), is_ca=True), key)


def _validity() -> Validity:
    now = datetime.datetime.now(datetime.UTC)
    return Validity(now - datetime.timedelta(minutes=5), now + datetime.timedelta(days=1))


@pytest.fixture
def connected(trust: ssl.SSLContext) -> Callable[..., AbstractAsyncContextManager[Client]]:
    """A client at a bent CA."""
    return lambda ca, **more: connect(ca.directory_url, keys.generate(), trust=trust, **more)


@pytest.fixture
def another_authority() -> Authority:
    return _authority("another root")


@pytest.fixture(scope="session")
def identity() -> ServingCertificate:
    return serving_certificate.generate(datetime.datetime.now(datetime.UTC))


@pytest.fixture
def trust(identity: ServingCertificate) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=identity.ca.decode())


@pytest.fixture
async def bent(identity: ServingCertificate, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[BentCA]:
    """A CA that keeps to the RFC until it is bent, over TLS on loopback."""
    folder = tmp_path_factory.mktemp("bent")
    (folder / "tls.crt").write_bytes(identity.certificate)
    (folder / "tls.key").write_bytes(identity.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    ca = BentCA()
    runner = web.ServerRunner(web.Server(ca.answer, access_log=None))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        ca.base = f"https://127.0.0.1:{runner.addresses[0][1]}"
        yield ca
    finally:
        await runner.cleanup()
