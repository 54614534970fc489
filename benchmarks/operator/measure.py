"""One scenario with one program, and what it cost."""

import contextlib
import json
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import psutil

from benchmarks.operator.load import Order
from workshop.system import processes
from workshop.testing import audit_log
from workshop.testing.audit_log import Position
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import Icecreams, connected
from workshop.testing.operator_process import OPERATOR
from workshop.workspace import operators

LAST = Order("zz-last", 1)


@dataclass(frozen=True)
class Scenario:
    """What is created, and when: while the program runs, or before it starts ("waiting", or "settled" already)."""

    title: str
    order: Order
    mode: str = "evict"
    before: str = ""


@dataclass(frozen=True)
class Cost:
    """Times in ms, CPU in s, memory in MiB; requests, patches and Events are those of the program, per icecream.

    Of what was created before the program's start, all counts from that start; else from the first create.
    """

    total: float
    p50: float
    p99: float
    requests: float
    patches: float
    events: float
    cpu: float
    memory: float


def measure(cluster: ControlPlane, program: str, scenario: Scenario) -> Cost:
    """Run the scenario on a cluster without icecreams, and leave it so."""
    try:
        if not scenario.before:
            return _load(cluster, program, scenario)
        if scenario.before == "settled":
            with _started(cluster, program, scenario.mode):
                _carry_out(cluster, scenario.order)
        else:
            _carry_out(cluster, replace(scenario.order, wait=False))
        return _start(cluster, program, scenario)
    finally:
        with connected(cluster.kubeconfig) as client:
            Icecreams(client).delete_all()
        for file in cluster.folder.glob("freezer.db*"):
            file.unlink()


def _load(cluster: ControlPlane, program: str, scenario: Scenario) -> Cost:
    with _started(cluster, program, scenario.mode) as process:
        _carry_out(cluster, Order("warm-up", 1))
        cpu, since = _cpu(process), audit_log.end(cluster)
        with _memory(process) as samples:
            served = _carry_out(cluster, scenario.order)
            _let_go_quiet(process)
        cpu = _cpu(process) - cpu
    waits = [served["answered"][name] - asked for name, asked in served["asked"].items()]
    total = max(served["answered"].values()) - min(served["asked"].values())
    return _cost(cluster, scenario, since, total, waits, cpu, max(samples))


def _start(cluster: ControlPlane, program: str, scenario: Scenario) -> Cost:
    """Start the program, and wait for the last status; of what is settled, for that of one created at the end."""
    since = audit_log.end(cluster)
    awaited = scenario.order if scenario.before == "waiting" else LAST
    if awaited is LAST:
        _carry_out(cluster, replace(LAST, wait=False))
    with (
        _customers(cluster, replace(awaited, create=False)) as customers,
        _started(cluster, program, scenario.mode) as process,
        _memory(process) as samples,
    ):
        began = time.time()
        answered = json.loads(customers.communicate()[0])["answered"].values()
        _let_go_quiet(process)
        cpu = _cpu(process)
    waits = [moment - began for moment in answered]
    return _cost(cluster, scenario, since, max(waits), waits * 2, cpu, max(samples))


def _cost(
    cluster: ControlPlane,
    scenario: Scenario,
    since: Position,
    total: float,
    waits: list[float],
    cpu: float,
    memory: int,
) -> Cost:
    requests = Counter((request.verb, request.resource) for request in audit_log.requests(cluster, OPERATOR, since))
    percentiles = statistics.quantiles(waits, n=100, method="inclusive")
    per_icecream = 1 / scenario.order.count
    return Cost(
        total=total * 1000,
        p50=percentiles[49] * 1000,
        p99=percentiles[98] * 1000,
        requests=requests.total() * per_icecream,
        patches=(requests["patch", "icecreams"] + requests["patch", "icecreams/status"]) * per_icecream,
        events=requests["create", "events"] * per_icecream,
        cpu=cpu,
        memory=memory / (1 << 20),
    )


@contextlib.contextmanager
def _started(cluster: ControlPlane, program: str, mode: str) -> Iterator[psutil.Process]:
    """The operator, or the bare loop as the same service account."""
    if program == "operator":
        process = operators.start(OPERATOR, cluster, f"--on-oversell={mode}")
    else:
        argv = [sys.executable, "-m", "benchmarks.operator.bare", str(operators.log_in(OPERATOR, cluster))]
        process = processes.start(argv, log=cluster.folder / "bare.log")
    try:
        yield psutil.Process(process.pid)
    finally:
        processes.stop([process], grace=10)


@contextlib.contextmanager
def _customers(cluster: ControlPlane, order: Order) -> Iterator[subprocess.Popen[str]]:
    """The process `load`, as soon as it watches."""
    argv = [sys.executable, "-m", "benchmarks.operator.load", str(cluster.kubeconfig), json.dumps(asdict(order))]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        if process.stdout.readline() != "watching\n":
            raise RuntimeError(f"The load generator ended with exit code {process.wait()}")
        try:
            yield process
        finally:
            process.terminate()


def _carry_out(cluster: ControlPlane, order: Order) -> dict[str, dict[str, float]]:
    with _customers(cluster, order) as customers:
        served: dict[str, dict[str, float]] = json.loads(customers.communicate()[0])
    return served


@contextlib.contextmanager
def _memory(process: psutil.Process) -> Iterator[list[int]]:
    """Resident bytes, looked at every 50 ms: the largest so far in the process isn't told on every system."""
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


def _let_go_quiet(process: psutil.Process) -> None:
    """Wait for half a second in which it uses almost no CPU, so that all it does is counted."""
    while True:
        before = _cpu(process)
        time.sleep(0.5)
        if _cpu(process) - before <= 0.02:
            return
