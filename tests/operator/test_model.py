"""The whole operator on a real API server, against a model: whatever users do, in whatever order, with restarts.

The model of the freezer is how many scoops there are of each flavour, in stock and reserved.

MODEL_SEED and MODEL_EXAMPLES in the environment choose other runs than the one that is made by default.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from icecream_operator.freezer import stock
from icecream_operator.freezer.database import Database, Transaction
from tests.operator import oracle
from tests.operator.freezer_rows import FreezerRows
from tests.operator.history import watched
from tests.operator.rest import until_at_rest
from tests.operator.shop import HOLD, attempt
from workshop.testing.icecreams import Icecreams, manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop
from workshop.workspace.cluster import Cluster

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("MODEL_SEED", "1"))
EXAMPLES = int(os.environ.get("MODEL_EXAMPLES", "12"))
STEPS = 30

Start = Callable[..., OperatorProcess]
NAMES = [f"ice-{letter}" for letter in "gfedcba"]
names = st.sampled_from(NAMES)
held = st.sampled_from([False, False, True])
FLAVOURS = ["matcha", "vanilla", "saffron"]
flavours = st.lists(st.sampled_from(FLAVOURS), min_size=1, max_size=3, unique=True)
toppings = st.lists(st.sampled_from(["cream", "coconut"]), max_size=3)


class Freezer:
    """The freezer's database in the hands of whoever fills it up, and the model of it."""

    def __init__(self, file: Path, cluster: Cluster) -> None:
        self.file = file
        self._cluster = cluster.get("namespace", "kube-system")["metadata"]["uid"]
        self._database = Database(f"sqlite:///{file}")
        self._scoops = Counter(dict.fromkeys(FLAVOURS, stock.DEFAULT_SCOOPS))  # in stock and reserved

    def refill(self, flavour: str, scoops: int) -> None:
        with self._transaction() as transaction:
            stock.refill(transaction, flavour, scoops)
        self._scoops[flavour] += scoops

    def melt(self, flavour: str, left: int) -> None:
        """Have no more than so many left."""
        with self._transaction() as transaction:
            lost = max(0, stock.scoops(transaction, flavour) - left)
            stock.take_stock(transaction, flavour, stock.scoops(transaction, flavour) - lost)
        self._scoops[flavour] -= lost

    def compare(self) -> None:
        rows = FreezerRows(self.file)
        reserved = Counter(flavour for flavours in rows.reserved.values() for flavour in flavours)
        for flavour in rows.stock.keys() & self._scoops.keys():
            assert rows.stock[flavour] + reserved[flavour] == self._scoops[flavour], flavour

    def close(self) -> None:
        self._database.close()

    def _transaction(self) -> contextlib.AbstractContextManager[Transaction]:
        return self._database.transaction(self._cluster, datetime.now(UTC))


class Customers(RuleBasedStateMachine):
    """Customers, and whoever restarts the operator. They don't wait for it, but for now and then."""

    def __init__(
        self, cluster: Cluster, icecreams: Icecreams, start: Start, freezer: Freezer, mode: str, done: Counter[str]
    ) -> None:
        super().__init__()
        self.cluster, self.icecreams, self.start, self.mode, self.done = cluster, icecreams, start, mode, done
        self.freezer = freezer
        self.at_exit = contextlib.ExitStack()
        self.deleted_by_users: set[str] = set()
        self.released: set[str] = set()  # uids
        self.rested = False

    @initialize(
        orders=st.lists(st.tuples(flavours, held), min_size=7, max_size=7),
        left=st.lists(st.integers(0, 3), min_size=3, max_size=3),
    )
    def begin(self, orders: list[tuple[list[str], bool]], left: list[int]) -> None:
        self.done["examples"] += 1
        self.history = self.at_exit.enter_context(watched(self.cluster, self.icecreams.resource_version()))
        self.at_exit.callback(self.icecreams.delete_all)
        for name, (flavours, held) in zip(NAMES, orders, strict=True):
            self.create(name, flavours, [], held)
        for flavour, scoops in zip(FLAVOURS, left, strict=True):
            self.freezer.melt(flavour, scoops)
        self.operator = self.start(f"--on-oversell={self.mode}")

    @rule(name=names, flavours=flavours, toppings=toppings, held=held)
    def create(self, name: str, flavours: list[str], toppings: list[str], held: bool) -> None:
        self.rested = False
        order = manifest(name, *flavours, topping=toppings, finalizers=[HOLD] if held else [])
        self.done["created"] += attempt(self.icecreams.create, order)

    @rule(names=st.lists(names, min_size=4, max_size=5, unique=True), flavours=flavours)
    def create_many_alike(self, names: list[str], flavours: list[str]) -> None:
        for name in names:
            self.create(name, flavours, [], held=False)

    @rule(name=names, flavours=flavours)
    def edit(self, name: str, flavours: list[str]) -> None:
        self.rested = False
        self.done["edited"] += attempt(self.icecreams.patch, name, {"spec": {"flavour": flavours}})

    @rule(name=names, toppings=toppings)
    def top(self, name: str, toppings: list[str]) -> None:
        self.rested = False
        self.done["topped"] += attempt(self.icecreams.patch, name, {"spec": {"topping": toppings}})

    @rule(name=names, table=st.sampled_from("123"))
    def relabel(self, name: str, table: str) -> None:
        self.rested = False
        labels = {"metadata": {"labels": {"table": table}}}
        self.done["relabelled"] += attempt(self.icecreams.patch, name, labels)

    @rule(name=names)
    def meddle_with_the_status(self, name: str) -> None:
        self.rested = False
        wrong = {"toppingsCount": 7, "conditions": []}
        self.done["meddled with"] += attempt(self.icecreams.patch_status, name, wrong)

    @rule(name=names)
    def delete(self, name: str) -> None:
        self.rested = False
        icecream = self.icecreams.read(name)
        if icecream is None or "deletionTimestamp" in icecream["metadata"]:
            return
        if attempt(self.icecreams.delete, name, seen=icecream):
            self.deleted_by_users.add(icecream["metadata"]["uid"])
            self.done["deleted"] += 1

    @rule(name=names)
    def release(self, name: str) -> None:
        self.rested = False
        """Take off all finalizers, the operator's too: so it may be gone before anything was given back."""
        if icecream := self.icecreams.read(name):
            self.released.add(icecream["metadata"]["uid"])
            self.done["released"] += attempt(self.icecreams.patch, name, {"metadata": {"finalizers": None}})

    @rule(flavour=st.sampled_from(FLAVOURS), scoops=st.integers(1, 3))
    def refill(self, flavour: str, scoops: int) -> None:
        self.rested = False
        self.freezer.refill(flavour, scoops)
        self.done["refilled"] += 1

    @rule(flavour=st.sampled_from(FLAVOURS), left=st.integers(0, 2))
    def melt(self, flavour: str, left: int) -> None:
        self.rested = False
        self.freezer.melt(flavour, left)
        self.done["melted"] += 1

    @rule(kill=st.booleans())
    def restart(self, kill: bool) -> None:
        self.rested = False
        ended, code = self.operator, None if kill else self.operator.terminate()
        ended.kill()
        self.operator = self.start(f"--on-oversell={self.mode}")
        assert kill or code == 0 or not ended.output(), f"{code}\n{ended.output()}"
        self.done["killed" if kill else "restarted"] += 1

    @precondition(lambda self: not self.rested)
    @rule()
    def rest(self) -> None:
        self._until_at_rest(self.released)
        self.rested = True

    def _until_at_rest(self, leaked: set[str]) -> None:
        until_at_rest(self.icecreams, evicts=self.mode == "evict", freezer=self.freezer.file, leaked=leaked)
        self.freezer.compare()
        self.done["rests"] += 1
        self.done["waiting"] += sum(
            condition["reason"] == "OutOfStock"
            for icecream in self.icecreams.list()
            for condition in icecream.get("status", {}).get("conditions", ())
        )

    def teardown(self) -> None:
        """Nobody comes any more: all must come to rest, and nobody have been deleted who shouldn't have been.

        What leaked is given back after a restart.
        """
        with self.at_exit:
            try:
                self.rest()
                self.restart(kill=False)
                self._until_at_rest(set())
                self._look_back()
                assert "Traceback" not in self.operator.output()
                assert self.operator.terminate() == 0
            finally:
                print(self.operator.output())  # shown if it failed
                self.operator.kill()

    def _look_back(self) -> None:
        gone = oracle.deletions(self.history.until_now(self.icecreams), self.deleted_by_users)
        self.done["evicted"] += len(gone)
        assert [deletion for deletion in gone if not deletion.was_oversold] == []
        assert self.mode == "evict" or not gone


@pytest.mark.timeout(60 * EXAMPLES)
@pytest.mark.parametrize("mode", ["evict", "mark"])
def test_whatever_customers_do_the_operator_comes_to_rest_and_deletes_nobody_wrongly(
    shop: Shop, icecreams: Icecreams, start: Start, freezer: Path, mode: str, report_figure: Callable[[str], None]
) -> None:
    done: Counter[str] = Counter()
    filled = Freezer(freezer, shop.cluster)

    @seed(SEED)
    def customers() -> Customers:
        return Customers(shop.cluster, icecreams, start, filled, mode, done)

    run_state_machine_as_test(
        customers,  # type: ignore[arg-type] # whatever makes one
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
    filled.close()
    report_figure(f"model, {mode}: seed {SEED}, " + ", ".join(f"{count} {what}" for what, count in done.items()))
    assert done["rests"] >= EXAMPLES
    assert done["waiting"]
