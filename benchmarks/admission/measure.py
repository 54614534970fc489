"""One gate, and what a create costs with it."""

import contextlib
import json
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import psutil

from benchmarks.admission.load import Load
from workshop.system import processes
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OPERATOR
from workshop.webhook import installation
from workshop.webhook.installation import Installation
from workshop.workspace import operators

POLICY = "deploy/policies/validating"
MODULES = {
    "operator": OPERATOR.module,
    "operator, kopf's server": "benchmarks.admission.kopf_server",
    "operator, without kopf": "benchmarks.admission.without_kopf",
}
WEBHOOKS = ("bare", *MODULES)
GATES = ("none", "policy", *WEBHOOKS)


@dataclass(frozen=True)
class Latency:
    """Median and 99th percentile in ms, and requests a second."""

    p50: float
    p99: float
    rate: float


@dataclass(frozen=True)
class Cost:
    """Of one gate: creates, and where it is a webhook, reviews sent to it directly, each by the number of clients.

    `cpu` is what a review costs the process in ms, with the most clients and sent directly; `memory` its peak in MiB.
    """

    creates: dict[int, Latency]
    reviews: dict[int, Latency]
    cpu: float = 0
    memory: float = 0


@contextlib.contextmanager
def asked(cluster: ControlPlane) -> Iterator[Installation]:
    """The API server asks a webhook inside the `with`."""
    installed = installation.with_certificate(cluster)
    eventually(lambda: _is_refused(cluster, "vanilla", because="failed calling webhook"))
    try:
        yield installed
    finally:
        installation.uninstall(cluster)
        eventually(lambda: _is_created(cluster))


@contextlib.contextmanager
def policy(cluster: ControlPlane) -> Iterator[None]:
    """The API server judges by itself inside the `with`: flavours alone."""
    cluster.kubectl("apply", "-k", POLICY)
    eventually(lambda: _is_refused(cluster, "saffron", because="not on the menu"))
    try:
        yield
    finally:
        cluster.kubectl("delete", "-k", POLICY)
        eventually(lambda: _is_created(cluster, "saffron"))


def creates(cluster: ControlPlane, clients: list[int], seconds: float) -> dict[int, Latency]:
    """Create by the API server, with each number of clients."""
    return {number: _run(Load(number, seconds, str(cluster.kubeconfig))) for number in clients}


def webhook(cluster: ControlPlane, gate: str, installed: Installation, clients: list[int], seconds: float) -> Cost:
    """Measure one webhook: by the API server, and directly."""
    with _started(cluster, gate, installed) as process, _memory(process) as samples:
        eventually(lambda: _is_created(cluster))
        by_api_server = creates(cluster, clients, seconds)
        load = Load(0, seconds, str(cluster.kubeconfig), installed.port, str(installed.cert_dir / "ca.crt"))
        reviews = {number: _run(replace(load, clients=number)) for number in clients[:-1]}
        cpu = _cpu(process)
        reviews[clients[-1]] = last = _run(replace(load, clients=clients[-1]))
        cpu = _cpu(process) - cpu
        answered = last.rate * (seconds + 1)  # it warms up for a second
    return Cost(by_api_server, reviews, cpu * 1000 / answered, max(samples) / (1 << 20))


def _run(load: Load) -> Latency:
    argv = [sys.executable, "-m", "benchmarks.admission.load", json.dumps(asdict(load))]
    latencies = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout)
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    return Latency(percentiles[49], percentiles[98], len(latencies) / load.seconds)


@contextlib.contextmanager
def _started(cluster: ControlPlane, gate: str, installed: Installation) -> Iterator[psutil.Process]:
    if gate in MODULES:
        process = operators.start(replace(OPERATOR, module=MODULES[gate]), cluster, *installed.operator_arguments)
    else:
        argv = [sys.executable, "-m", "benchmarks.admission.bare", str(installed.cert_dir), str(installed.port)]
        process = processes.start(argv, log=cluster.folder / "bare.log")
    try:
        yield psutil.Process(process.pid)
    finally:
        processes.stop([process], grace=20)


def _is_created(cluster: ControlPlane, flavour: str = "vanilla") -> None:
    printed = _create(cluster, flavour)
    assert "created" in printed, printed


def _is_refused(cluster: ControlPlane, flavour: str, because: str) -> None:
    printed = _create(cluster, flavour)
    assert because in printed, printed


def _create(cluster: ControlPlane, flavour: str) -> str:
    order = json.dumps(manifest("asked", flavour))
    return cluster.kubectl("create", "-f", "-", "--dry-run=server", stdin=order, check=False)


@contextlib.contextmanager
def _memory(process: psutil.Process) -> Iterator[list[int]]:
    """Resident bytes, looked at every 50 ms."""
    samples = [process.memory_info().rss]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(0.05):
            samples.append(process.memory_info().rss)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
