"""Certificates by a CA issuer, from their creation until they are Ready, and a table.

Usage: python -m benchmarks.certmanager [--count N]

By 16 clients at once, and one after the other; keys ECDSA P-256 and RSA 2048. Compare within a run: the times are as
good as the machine is quiet, since the API server takes most of them.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import psutil

from reconciling.connection import Connection
from tests.certmanager.namespace import CERTMANAGER, Namespace
from tests.certmanager.scenarios import ca_pair
from workshop.system import processes
from workshop.testing import audit_log
from workshop.testing.control_plane import ControlPlane, running_control_plane
from workshop.testing.icecreams import connected
from workshop.workspace import operators

CLIENTS = 16
READ_AHEAD = 1 << 21  # bytes; aiohttp refuses to look for the end of a line in more than twice this
HEADINGS = "| run | until the last is Ready s | p50 ms | p99 ms | requests | of these Events | CPU s | MiB |"


@dataclass
class Users:
    """Create Certificates of one algorithm in a namespace, and see by a watch when each is Ready (time.time)."""

    url: str
    session: aiohttp.ClientSession
    algorithm: str
    names: list[str]
    clients: int
    asked: dict[str, float] = field(default_factory=dict)
    ready: dict[str, float] = field(default_factory=dict)
    events: dict[str, asyncio.Event] = field(default_factory=dict)

    async def run(self) -> None:
        """Create all, and wait until all are Ready."""
        self.events = {name: asyncio.Event() for name in self.names}
        async with self.session.get(self.url) as response:
            since = (await response.json())["metadata"]["resourceVersion"]
        watch = asyncio.create_task(self._watch(since))
        names = iter(self.names)
        await asyncio.gather(*(self._client(names) for _ in range(self.clients)))
        for event in self.events.values():
            await event.wait()
        watch.cancel()

    async def _client(self, names: Iterator[str]) -> None:
        for name in names:
            spec = {
                "secretName": f"tls-of-{name}",
                "issuerRef": {"name": "issuer"},
                "dnsNames": [f"{name}.test"],
                "privateKey": {"algorithm": self.algorithm},
            }
            body = {"apiVersion": "cert-manager.io/v1", "kind": "Certificate", "metadata": {"name": name}, "spec": spec}
            self.asked[name] = time.time()
            async with self.session.post(self.url, json=body) as response:
                response.raise_for_status()
            if self.clients == 1:
                await self.events[name].wait()

    async def _watch(self, since: str) -> None:
        parameters = {"watch": "true", "resourceVersion": since}
        forever = aiohttp.ClientTimeout(total=None)
        async with self.session.get(self.url, params=parameters, timeout=forever, read_bufsize=READ_AHEAD) as response:
            async for line in response.content:
                self._note(json.loads(line)["object"])

    def _note(self, certificate: dict[str, Any]) -> None:
        name = certificate["metadata"]["name"]
        conditions = certificate.get("status", {}).get("conditions", ())
        if any((one["type"], one["status"]) == ("Ready", "True") for one in conditions) and name in self.events:
            self.ready.setdefault(name, time.time())
            self.events[name].set()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    count = parser.parse_args().count
    with running_control_plane() as cluster:
        operators.log_in(CERTMANAGER, cluster)
        print(HEADINGS, "|---" * 8 + "|", sep="\n", flush=True)
        for algorithm in ("ECDSA", "RSA"):
            for clients in (CLIENTS, 1):
                print(measure(cluster, algorithm, clients, count), flush=True)


def measure(cluster: ControlPlane, algorithm: str, clients: int, count: int) -> str:
    """One run, in a namespace and with a process of its own, and its line of the table."""
    name = f"{algorithm.lower()}-{clients}"
    cluster.kubectl("create", "namespace", name)
    started = operators.start(CERTMANAGER, cluster)
    process = psutil.Process(started.pid)
    try:
        with connected(cluster.kubeconfig) as client:
            namespace = Namespace(cluster, client, name)
            namespace.put_secret("ca", ca_pair())
            namespace.issuer(spec={"ca": {"secretName": "ca"}})
            namespace.certificate("warm-up", secretName="tls-of-warm-up")
            namespace.eventually_issued("warm-up")
        cpu, since = _cpu(process), audit_log.end(cluster)
        users = asyncio.run(
            _carry_out(cluster, name, algorithm, [f"cert-{number}" for number in range(count)], clients)
        )
        _let_go_quiet(process)
        cpu, memory = _cpu(process) - cpu, process.memory_info().rss / (1 << 20)
    finally:
        processes.stop([started], grace=10)
    requests = Counter(request.resource for request in audit_log.requests(cluster, CERTMANAGER, since))
    waits = [users.ready[name] - users.asked[name] for name in users.asked]
    p50, p99 = (statistics.quantiles(waits, n=100, method="inclusive")[at] * 1000 for at in (49, 98))
    total = max(users.ready.values()) - min(users.asked.values())
    return (
        f"| {algorithm}, {clients} at a time | {total:.2f} | {p50:.0f} | {p99:.0f} "
        f"| {requests.total() / count:.1f} | {requests['events'] / count:.1f} | {cpu:.1f} | {memory:.0f} |"
    )


async def _carry_out(cluster: ControlPlane, namespace: str, algorithm: str, names: list[str], clients: int) -> Users:
    connection = Connection(str(cluster.kubeconfig))
    login = await connection.login()
    assert login.aiohttp_session
    url = f"{login.server}/apis/cert-manager.io/v1/namespaces/{namespace}/certificates"
    users = Users(url, login.aiohttp_session, algorithm, names, clients)
    try:
        await users.run()
    finally:
        await connection.close()
    return users


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _let_go_quiet(process: psutil.Process) -> None:
    """Wait for half a second in which it uses almost no CPU, so that all it does is counted."""
    while True:
        before = _cpu(process)
        time.sleep(0.5)
        if _cpu(process) - before <= 0.02:
            return


if __name__ == "__main__":
    main()
