"""`certmanager.acme`: one event loop, one connection pool, the solver in the same process."""

import asyncio
import ssl
import time

from benchmarks.acme.measurement import CA, Measurement
from certmanager.acme import http01
from certmanager.acme.challenge import Type
from certmanager.acme.client import Client, connect
from certmanager.acme.clock import SystemClock
from certmanager.acme.exchange import Exchange
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.order import Order
from certmanager.pki import keys


class CountingClock(SystemClock):
    """The real clock, that knows how long we waited between looks at a resource."""

    def __init__(self) -> None:
        self.waited = 0.0

    async def sleep(self, seconds: float) -> None:
        """Wait, and count it."""
        began = time.perf_counter()
        await super().sleep(seconds)
        self.waited += time.perf_counter() - began


async def run(ca: CA, at_a_time: int, count: int) -> Measurement:
    """Issue `count` certificates, after a few that warm up."""
    clock, result = CountingClock(), Measurement(at_a_time)

    def count_request(_: Exchange) -> None:
        result.requests += 1

    trust = ssl.create_default_context(cafile=ca.ca_file)
    async with (
        connect(ca.directory_url, keys.generate(), trust=trust, on_exchange=count_request, clock=clock) as client,
        http01.serve("127.0.0.1", ca.http_port) as solver,
    ):
        await client.new_account(terms_agreed=True)
        await _wave(client, solver, [f"warm{number}.example.test" for number in range(at_a_time)])
        result.requests, clock.waited = 0, 0.0
        with result:
            for start in range(0, count, at_a_time):
                names = [f"n{number}.example.test" for number in range(start, start + at_a_time)]
                result.durations += await _wave(client, solver, names)
    result.waited = clock.waited
    return result


async def _wave(client: Client, solver: http01.Http01Server, names: list[str]) -> list[float]:
    """Certificates for all names at the same time, and how long each took from its newOrder on.

    All orders are made before any goes on: Pebble 2.10.1 now and then hangs for ever when a newOrder meets another
    order's authorization being read and a third one's certificate being stored (its locks are taken in two orders).
    """

    async def finish(order: Order) -> float:
        await issue(client, order, keys.generate(), Type.HTTP_01, solver)
        return time.perf_counter()

    began = time.perf_counter()
    orders = await asyncio.gather(*(client.new_order([Identifier.of(name)]) for name in names))
    return [ended - began for ended in await asyncio.gather(*map(finish, orders))]
