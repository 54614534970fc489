"""The customers: a process of its own, so that what they cost isn't counted.

They create icecreams, watch until each has a status, and print when that was. Usage: see `measure`, which starts them.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp

from reconciling.connection import Connection

CLIENTS = 16
READ_AHEAD = 1 << 21  # bytes; aiohttp refuses to look for the end of a line in more than twice this


@dataclass(frozen=True)
class Order:
    """`count` icecreams `name`-0, `name`-1, …, each of its own flavour, or of `flavours` shared ones.

    They are created by 16 clients; or `singly`, each after the status of the one before; or not at all.
    """

    name: str
    count: int
    flavours: int = 0
    singly: bool = False
    create: bool = True
    wait: bool = True


@dataclass
class Served:
    """When each was asked for, and had its first status (time.time); in the order of names."""

    asked: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)


class Customers:
    """Carries out one order."""

    def __init__(self, session: aiohttp.ClientSession, server: str, order: Order) -> None:
        self._session = session
        self._url = f"{server}/apis/demo.lva.io/v1/icecreams"
        self._order = order
        self._names = {f"{order.name}-{number:05}": number for number in range(order.count)}
        self._status = {name: asyncio.Event() for name in self._names}
        self.served = Served()

    async def run(self) -> None:
        """Create, and wait until each has a status."""
        async with self._session.get(self._url) as response:
            listed = await response.json()
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(listed["metadata"]["resourceVersion"]))
            print("watching", flush=True)
            if self._order.create:
                names = iter(self._names)
                await asyncio.gather(*(self._client(names) for _ in range(1 if self._order.singly else CLIENTS)))
            if self._order.wait:
                for event in self._status.values():
                    await event.wait()
            watch.cancel()

    async def _client(self, names: Any) -> None:
        for name in names:
            self.served.asked[name] = time.time()
            async with self._session.post(self._url, json=self._icecream(name)) as response:
                response.raise_for_status()
            if self._order.singly:
                await self._status[name].wait()

    def _icecream(self, name: str) -> dict[str, Any]:
        number = self._names[name]
        flavour = f"flavour {number % self._order.flavours}" if self._order.flavours else f"flavour of {name}"
        return {
            "apiVersion": "demo.lva.io/v1",
            "kind": "Icecream",
            "metadata": {"name": name},
            "spec": {"flavour": [flavour]},
        }

    async def _watch(self, since: str) -> None:
        """Note the first status of each; go on where the API server has ended the watch, as it does with slow ones."""
        while True:
            async with self._session.get(
                self._url,
                params={"watch": "true", "resourceVersion": since},
                timeout=aiohttp.ClientTimeout(total=None),
                read_bufsize=READ_AHEAD,
            ) as response:
                async for line in response.content:
                    icecream = json.loads(line)["object"]
                    since = icecream["metadata"]["resourceVersion"]
                    self._note(icecream)

    def _note(self, icecream: dict[str, Any]) -> None:
        name = icecream["metadata"]["name"]
        if name in self._status and icecream.get("status", {}).get("conditions"):
            self.served.answered.setdefault(name, time.time())
            self._status[name].set()


async def main(kubeconfig: str, order: Order) -> None:
    """Carry out the order and print what came of it as JSON."""
    connection = Connection(kubeconfig)
    login = await connection.login()
    assert login.aiohttp_session
    customers = Customers(login.aiohttp_session, login.server, order)
    try:
        await customers.run()
    finally:
        await connection.close()
    print(json.dumps(asdict(customers.served)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Order(**json.loads(sys.argv[2]))))
