"""The smallest ACME server that issues, for replies that Pebble never gives: each of its replies can be altered."""

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from aiohttp import web
from cryptography import x509

from certmanager.acme import jws
from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.names import AltNames, Subject


@dataclass(frozen=True)
class Reply:
    """What the CA answers."""

    body: bytes = b""
    status: int = 200
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    nonce: str | None = "fresh"

    @property
    def json(self) -> dict[str, object]:
        members: dict[str, object] = json.loads(self.body)
        return members

    def with_members(self, **members: object) -> "Reply":
        """The same JSON object with other members; None takes one out."""
        merged = {name: value for name, value in {**self.json, **members}.items() if value is not None}
        return replace(self, body=json.dumps(merged).encode())

    def problem(self, status: int, /, **members: object) -> "Reply":
        """A problem document in its place."""
        return replace(self, status=status, media="application/problem+json", body=json.dumps(members).encode())


Alter = Callable[[Reply], Reply]


class FakeCA:
    """The smallest ACME server that issues; `alter[resource]` makes another reply of the one that it would give.

    It takes every nonce, every signature and every challenge on trust: what is tested with it is the client.
    """

    def __init__(self) -> None:
        self.alter: dict[str, Alter] = {}
        self.drop: set[str] = set()
        self.requested: list[str] = []
        self.base = ""
        self.status = "pending"
        self.names: list[dict[str, str]] = []
        self.chain = b""
        self.authority = authority("fake root")

    @property
    def directory_url(self) -> str:
        return f"{self.base}/directory"

    async def answer(self, request: web.BaseRequest) -> web.Response:
        resource = request.path.strip("/")
        self.requested.append(resource)
        assert request.headers["User-Agent"].startswith("icecream-workshop/")  # section 6.1
        body = await request.read()
        payload = jws.decode(json.loads(body)["payload"]) if body else b""
        reply = getattr(self, f"_{resource}", self._other)(json.loads(payload) if payload else {})
        if resource in self.alter:
            reply = self.alter[resource](reply)
        if resource in self.drop and request.transport is not None:
            request.transport.abort()
        nonce = {} if reply.nonce is None else {"Replay-Nonce": reply.nonce}
        headers = {**nonce, "Content-Type": reply.media, **reply.headers}
        return web.Response(body=reply.body, status=reply.status, headers=headers)

    def _directory(self, _: dict[str, object]) -> Reply:
        names = {"newNonce": "nonce", "newAccount": "account", "newOrder": "neworder", "revokeCert": "revoke"}
        return self._json(**{name: f"{self.base}/{path}" for name, path in names.items()})

    def _other(self, _: dict[str, object]) -> Reply:
        """What only an altered reply makes something of."""
        return self._json()

    def _nonce(self, _: dict[str, object]) -> Reply:
        return Reply()

    def _account(self, _: dict[str, object]) -> Reply:
        return replace(self._json(status="valid"), headers={"Location": f"{self.base}/account"})

    def _neworder(self, payload: dict[str, object]) -> Reply:
        self.names = payload["identifiers"]  # type: ignore[assignment]
        self.status = "pending"
        return replace(self._order({}), headers={"Location": f"{self.base}/order"}, status=201)

    def _order(self, _: dict[str, object]) -> Reply:
        extra = {"certificate": f"{self.base}/certificate"} if self.status == "valid" else {}
        return self._json(
            status=self.status,
            identifiers=self.names,
            authorizations=[f"{self.base}/authorization"],
            finalize=f"{self.base}/finalize",
            **extra,
        )

    def _authorization(self, _: dict[str, object]) -> Reply:
        url, status = f"{self.base}/challenge", "pending" if self.status == "pending" else "valid"
        challenge = {"type": "http-01", "url": url, "token": "to-ken_1", "status": status}
        return self._json(status=status, identifier=self.names[0], challenges=[challenge])

    def _challenge(self, _: dict[str, object]) -> Reply:
        self.status = "ready"
        return self._json(type="http-01", url=f"{self.base}/challenge", token="to-ken_1", status="processing")

    def _finalize(self, payload: dict[str, object]) -> Reply:
        self.chain = self.certify(x509.load_der_x509_csr(jws.decode(str(payload["csr"]))))
        self.status = "valid"
        return self._order({})

    def _certificate(self, _: dict[str, object]) -> Reply:
        return Reply(self.chain, media="application/pem-certificate-chain")

    def certify(self, request: x509.CertificateSigningRequest, signer: Authority | None = None) -> bytes:
        """The chain for a request."""
        leaf = certificates.signed_by(signer or self.authority, request, _validity(), ["server auth"])
        return certificates.to_pem(leaf, self.authority.certificate)

    def _json(self, **members: object) -> Reply:
        return Reply(json.dumps(members).encode())


def authority(name: str) -> Authority:
    key = keys.generate()
    request = requests.create(key, AltNames(), Subject(common_name=name))
    return Authority(certificates.self_signed(request, key, _validity(), is_ca=True), key)


def _validity() -> Validity:
    now = datetime.datetime.now(datetime.UTC)
    return Validity(now - datetime.timedelta(minutes=5), now + datetime.timedelta(days=1))
