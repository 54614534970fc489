"""The webhook server in the test's own event loop, and clients of it."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client import CollectorRegistry

from icecream_operator.webhook.cert_watcher import CertWatcher
from icecream_operator.webhook.self_signed_ca import SERVICE
from icecream_operator.webhook.server import WebhookServer
from reconciling.endpoints import Address
from tests.webhook.handshakes import serial_of, trusting
from tests.webhook.pairs import Ca, put
from workshop.system.ports import reserved_port

HANDLER = "validate-demo-lva-io-v1-icecream"
RESOURCE = {"group": "demo.lva.io", "version": "v1", "resource": "icecreams"}
Answer = Callable[[Any], Awaitable[None]]


def review(name: str = "ice", **request: object) -> dict[str, Any]:
    """An AdmissionReview as the API server sends it."""
    icecream = {"apiVersion": "demo.lva.io/v1", "kind": "Icecream", "metadata": {"name": name}, "spec": {}}
    fields = {"uid": name, "operation": "CREATE", "resource": RESOURCE, "userInfo": {}, "object": icecream}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": fields | request}


async def at_once(_review: Any) -> None:
    """Let nobody wait for an answer."""


@dataclass
class Serving:
    """A server that runs, and who asks it."""

    port: int
    trust: ssl.SSLContext
    session: aiohttp.ClientSession
    task: asyncio.Task[None]

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/{HANDLER}"

    async def ask(self, name: str = "ice") -> Any:
        """Send a review, and return the answer to it."""
        async with self.session.post(self.url, json=review(name), server_hostname=SERVICE) as response:
            response.raise_for_status()
            return (await response.json())["response"]

    async def send(self, body: Any, content_type: str = "application/json") -> tuple[int, str]:
        """Send this, and return status and text of the answer."""
        headers = {"Content-Type": content_type}
        async with self.session.post(self.url, data=body, headers=headers, server_hostname=SERVICE) as response:
            return response.status, await response.text()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection of one's own, after its handshake."""
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self.trust, server_hostname=SERVICE)

    async def served(self) -> int:
        """The serial number of the certificate that the next client sees."""
        _, writer = await self.connect()
        serial = serial_of(writer.get_extra_info("ssl_object"))
        writer.close()
        return serial

    async def stop(self) -> None:
        """End the server as kopf does."""
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


@contextlib.asynccontextmanager
async def serving(folder: Path, ca: Ca, answer: Answer = at_once, *, port: int = 0) -> AsyncIterator[Serving]:
    """A server with the pair that lies in the folder, or with a new one; `answer` says when to answer."""
    if not any(folder.iterdir()):
        put(folder, ca.issue().pair)
    with contextlib.ExitStack() as stack:
        port = port or stack.enter_context(reserved_port())
        trust = trusting(ca.bundle)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust, limit=0)) as session:
            running = Serving(port, trust, session, await _started(folder, port, answer))
            try:
                yield running
            finally:
                await running.stop()


async def _started(folder: Path, port: int, answer: Answer) -> asyncio.Task[None]:
    """The task in which the server runs, as soon as it listens."""

    async def fn(request: Any, *, webhook: str | None = None, **_: Any) -> Any:
        await answer(request)
        return {"response": {"uid": request["request"]["uid"], "allowed": True, "warnings": [webhook]}}

    async def serve() -> None:
        watcher = CertWatcher(folder, CollectorRegistry(), interval=0.01)
        async for _ in WebhookServer(Address("127.0.0.1", port), watcher, [HANDLER])(fn):
            listening.set()

    listening = asyncio.Event()
    task = asyncio.create_task(serve())
    task.add_done_callback(lambda _: listening.set())
    await listening.wait()
    if task.done():
        task.result()
    return task
