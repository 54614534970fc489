"""Many clients of the API server, each of which writes as fast as it is let, and what each request came to."""

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import aiohttp

from reconciling.connection import Connection
from workshop.testing.icecreams import manifest

FLAVOURS = [f"flavour-{number}" for number in range(64)]
MENU = [f"{flavour}: cream" for flavour in FLAVOURS]
PAUSE = 0.5  # seconds after a request that has failed


class Outcome(NamedTuple):
    """Of a request: when it was sent, how long it took, its HTTP status, and why it has failed.

    Times are in seconds; the status is 0 if the API server didn't answer.
    """

    sent: float
    took: float
    status: int
    reason: str

    @property
    def failed(self) -> bool:
        return not 200 <= self.status < 300


@dataclass
class Customers:
    """Each has an icecream of a flavour of its own, changes its topping, and asks in between for another one.

    The latter as a dry run, so that nobody's flavour is ever sold out. The webhook is asked about each.
    """

    session: aiohttp.ClientSession
    url: str
    outcomes: list[Outcome] = field(default_factory=list)
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)
    ended: bool = False

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.failed]

    def latencies(self) -> str:
        """Median and worst, in words."""
        took = sorted(outcome.took * 1000 for outcome in self.outcomes)
        return f"p50 {took[len(took) // 2]:.0f} ms, p99 {took[len(took) * 99 // 100]:.0f} ms, worst {took[-1]:.0f} ms"

    async def order(self, name: str, flavour: str, *, dry_run: bool = False) -> Outcome:
        parameters = {"dryRun": "All"} if dry_run else {}
        return await self._send("POST", self.url, params=parameters, json=manifest(name, flavour))

    async def change(self, name: str, *topping: str) -> Outcome:
        headers = {"Content-Type": "application/merge-patch+json"}
        return await self._send("PATCH", f"{self.url}/{name}", json={"spec": {"topping": topping}}, headers=headers)

    async def write(self, flavour: str) -> None:
        """Write until it is time to end."""
        topping: list[str] = []
        for number in itertools.count():
            if self.ended:
                return
            wanted = [] if topping else ["cream"]  # what is stored already wouldn't be asked about
            changed = await self.change(flavour, *wanted)
            topping = topping if changed.failed else wanted
            asked = await self.order(f"{flavour}-{number}", flavour, dry_run=True)
            async with self.progress:
                self.outcomes += changed, asked
                self.progress.notify_all()
            if changed.failed or asked.failed:
                await asyncio.sleep(PAUSE)

    async def _send(self, method: str, url: str, **arguments: object) -> Outcome:
        sent = time.monotonic()
        try:
            async with self.session.request(method, url, **arguments) as response:  # type: ignore[arg-type]
                text = await response.text()
                status, reason = response.status, "" if response.ok else text
        except aiohttp.ClientError as error:
            status, reason = 0, repr(error)
        return Outcome(sent, time.monotonic() - sent, status, reason)


@contextlib.asynccontextmanager
async def writing(kubeconfig: Path) -> AsyncIterator[Customers]:
    """64 customers, who write inside the `with`."""
    async with Connection(str(kubeconfig)) as connection:
        login = await connection.login()
        assert login.aiohttp_session
        customers = Customers(login.aiohttp_session, f"{login.server}/apis/demo.lva.io/v1/icecreams")
        for outcome in await asyncio.gather(*(customers.order(flavour, flavour) for flavour in FLAVOURS)):
            assert not outcome.failed, outcome
        assert customers.session.connector
        async with asyncio.TaskGroup() as group:
            for flavour in FLAVOURS:
                group.create_task(customers.write(flavour))
            try:
                yield customers
            finally:
                customers.ended = True
        await customers.session.connector.close(abort_ssl=True)  # else it would go on after the test
        await asyncio.sleep(0)
