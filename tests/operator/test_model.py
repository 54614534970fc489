"""The whole operator on a real API server, against a model: whatever users do, in whatever order, with restarts.

MODEL_SEED and MODEL_EXAMPLES in the environment choose other runs than the one that is made by default.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.operator import oracle
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
flavours = st.lists(st.sampled_from(["matcha", "vanilla", "saffron"]), min_size=1, max_size=3, unique=True)
toppings = st.lists(st.sampled_from(["cream", "coconut"]), max_size=3)


class Customers(RuleBasedStateMachine):
    """Customers, and whoever restarts the operator. They don't wait for it, but for now and then."""

    def __init__(self, cluster: Cluster, icecreams: Icecreams, start: Start, mode: str, done: Counter[str]) -> None:
        super().__init__()
        self.cluster, self.icecreams, self.start, self.mode, self.done = cluster, icecreams, start, mode, done
        self.at_exit = contextlib.ExitStack()
        self.deleted_by_users: set[str] = set()
        self.rested = False

    @initialize(orders=st.lists(st.tuples(flavours, held), min_size=7, max_size=7))
    def begin(self, orders: list[tuple[list[str], bool]]) -> None:
        self.done["examples"] += 1
        self.history = self.at_exit.enter_context(watched(self.cluster, self.icecreams.resource_version()))
        self.at_exit.callback(self.icecreams.delete_all)
        for name, (flavours, held) in zip(NAMES, orders, strict=True):
            self.create(name, flavours, [], held)
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
        self.done["released"] += attempt(self.icecreams.patch, name, {"metadata": {"finalizers": None}})

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
        until_at_rest(self.icecreams, evicts=self.mode == "evict")
        self.done["rests"] += 1
        self.rested = True

    def teardown(self) -> None:
        """Nobody comes any more: all must come to rest, and nobody have been deleted who shouldn't have been."""
        with self.at_exit:
            try:
                self.rest()
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
    shop: Shop, icecreams: Icecreams, start: Start, mode: str, report_figure: Callable[[str], None]
) -> None:
    done: Counter[str] = Counter()

    @seed(SEED)
    def customers() -> Customers:
        return Customers(shop.cluster, icecreams, start, mode, done)

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
    report_figure(f"model, {mode}: seed {SEED}, " + ", ".join(f"{count} {what}" for what, count in done.items()))
    assert done["rests"] >= EXAMPLES
