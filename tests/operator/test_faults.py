"""Under load, with one kind of fault in a tenth of all that it can strike, and then with all kinds at once.

FAULTS_SECONDS in the environment says for how long. Lists are never stale here: kopf asks for the most recent, always.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from tests.operator import oracle
from tests.operator.history import watched
from tests.operator.rest import until_at_rest
from tests.operator.shop import attempt
from workshop import faults
from workshop.faults import Kind
from workshop.testing.icecreams import Icecreams, connected, manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("FAULTS_SECONDS", "4"))
RATE = 0.1
KINDS = [Kind.CONFLICT, Kind.GONE, Kind.CUT, Kind.LOST, Kind.THROTTLED, Kind.ERROR, Kind.LATENCY]
CUSTOMERS = 2
FLAVOURS = ["matcha", "vanilla", "saffron", "chocolate", "mango", "lemon"]


class Customer:
    """Creates, edits and deletes icecreams, as fast as the API server lets it."""

    def __init__(self, icecreams: Icecreams, seed: int) -> None:
        self.icecreams, self.random = icecreams, Random(seed)  # noqa: S311 - reproducible is what it must be
        self.deleted: set[str] = set()
        self.requests = 0

    def comes_until(self, deadline: float) -> None:
        while time.monotonic() < deadline:
            self.requests += 1
            self.random.choice((self.create, self.create, self.create, self.edit, self.delete))()

    def create(self) -> None:
        attempt(self.icecreams.create, manifest(self._name(), *self._flavours()))

    def edit(self) -> None:
        attempt(self.icecreams.patch, self._name(), {"spec": {"flavour": self._flavours()}})

    def delete(self) -> None:
        name = self._name()
        if (icecream := self.icecreams.read(name)) and attempt(self.icecreams.delete, name, seen=icecream):
            self.deleted.add(icecream["metadata"]["uid"])

    def _name(self) -> str:
        return f"ice-{self.random.randrange(30):02}"

    def _flavours(self) -> list[str]:
        return self.random.sample(FLAVOURS, self.random.choice((1, 1, 2)))


@contextmanager
def customers(kubeconfig: Path) -> Iterator[list[Customer]]:
    with connected(kubeconfig) as first, connected(kubeconfig) as second:
        yield [Customer(Icecreams(client), seed) for seed, client in enumerate((first, second))]


@pytest.mark.timeout(120 + SECONDS)
@pytest.mark.parametrize(
    ("kinds", "mode"),
    [pytest.param([kind], "evict", id=kind) for kind in KINDS]
    + [pytest.param(KINDS, mode, id=f"all, {mode}") for mode in ("evict", "mark")],
)
def test_it_deletes_nobody_wrongly_and_comes_to_rest_when_the_faults_end(
    shop: Shop,
    icecreams: Icecreams,
    start: Callable[..., OperatorProcess],
    kubeconfig: Path,
    tmp_path: Path,
    freezer: Path,
    kinds: list[Kind],
    mode: str,
    report_figure: Callable[[str], None],
) -> None:
    what = kinds[0] if len(kinds) == 1 else "all kinds"
    with (
        faults.running(kubeconfig, dict.fromkeys(kinds, RATE), seed=7, folder=tmp_path) as proxy,
        watched(shop.cluster, icecreams.resource_version()) as history,
        customers(shop.cluster.kubeconfig) as load,
        ThreadPoolExecutor(CUSTOMERS) as pool,
    ):
        operator = start(f"--on-oversell={mode}", kubeconfig=proxy.kubeconfig)
        deadline = time.monotonic() + SECONDS
        for future in [pool.submit(customer.comes_until, deadline) for customer in load]:
            future.result()
        proxy.stop()
        ended = time.monotonic()
        until_at_rest(icecreams, evicts=mode == "evict", freezer=freezer, within=60)
        converged = time.monotonic() - ended
        deleted = oracle.deletions(history.until_now(icecreams), set().union(*(customer.deleted for customer in load)))
        requests = sum(customer.requests for customer in load)
        report_figure(
            f"faults, {what} ({mode}), {SECONDS:g} s: {requests} requests of customers, {len(proxy.writes)} writes,"
            f" {proxy.counts().total()} faults, {len(deleted)} evicted, at rest {converged:.1f} s after their end"
        )
        assert proxy.counts().total()
        assert [deletion for deletion in deleted if not deletion.was_oversold] == []
        assert mode == "evict" or not deleted
        assert "Traceback" not in operator.output(), operator.output()
        operator.kill()  # before the proxy goes
        icecreams.delete_all()
