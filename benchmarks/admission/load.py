"""The clients: a process of its own, so that what they cost isn't counted. Usage: see `measure`, which starts it.

They create icecreams, or send reviews to the webhook itself, one after the other each, for some seconds, and print the
latencies in ms as JSON. The creates are dry runs: admission is all that differs, and nobody reconciles anything.
"""

import asyncio
import itertools
import json
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import aiohttp
import uvloop

from reconciling.connection import Connection
from workshop.webhook import admission_review

SERVER_NAME = "demooperator-webhook-service.demooperator-system.svc"
PATH = "/validate-demo-lva-io-v1-icecream"


@dataclass(frozen=True)
class Load:
    """So many `clients`, for so many `seconds`; by the API server of `kubeconfig`, or directly: to `port`, by `ca`."""

    clients: int
    seconds: float
    kubeconfig: str
    port: int = 0
    ca: str = ""


async def run(load: Load) -> list[float]:
    """Return the latencies."""
    numbers = itertools.count()
    if load.port:
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cafile=load.ca), limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            return await _measure(load, lambda: _review(session, load.port, numbers))
    async with Connection(load.kubeconfig) as connection:
        login = await connection.login()
        assert login.aiohttp_session
        url, session = f"{login.server}/apis/demo.lva.io/v1/icecreams", login.aiohttp_session
        return await _measure(load, lambda: _create(session, url, numbers))


async def _measure(load: Load, request: Callable[[], Awaitable[None]]) -> list[float]:
    latencies: list[float] = []

    async def client() -> None:
        while (began := time.perf_counter()) < deadline:
            await request()
            if began > warm:
                latencies.append((time.perf_counter() - began) * 1000)

    warm = time.perf_counter() + 1
    deadline = warm + load.seconds
    await asyncio.gather(*(client() for _ in range(load.clients)))
    return latencies


async def _create(session: aiohttp.ClientSession, url: str, numbers: Iterator[int]) -> None:
    icecream = admission_review.icecream(f"ice-{next(numbers)}", "vanilla")
    async with session.post(url, params={"dryRun": "All"}, json=icecream) as response:
        await response.read()
        response.raise_for_status()


async def _review(session: aiohttp.ClientSession, port: int, numbers: Iterator[int]) -> None:
    uid = str(next(numbers))
    body = admission_review.request(uid, admission_review.icecream(f"ice-{uid}", "vanilla"))
    headers = {"Content-Type": "application/json"}
    url = f"https://127.0.0.1:{port}{PATH}"
    async with session.post(url, data=body, headers=headers, server_hostname=SERVER_NAME) as response:
        answer = await response.json()
        assert answer["response"]["allowed"], answer


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(Load(**json.loads(sys.argv[1]))))))
