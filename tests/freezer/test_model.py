"""Whatever is done to a freezer, in whatever order, it is as a plain dict says, and the ledger adds up."""

import contextlib
import os
import uuid
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from icecream_operator.freezer import reservations, stock
from icecream_operator.freezer.database import Database
from icecream_operator.freezer.errors import OutOfStockError
from icecream_operator.freezer.reservations import Reservation
from icecream_operator.freezer.stock import DEFAULT_SCOOPS
from tests.freezer.inventory import assert_books_balance, give_back, put, reserve, reserved, stocked, transaction

SEED = int(os.environ.get("SEED", "12"))
EXAMPLES = int(os.environ.get("EXAMPLES", "5"))
NAMES = st.sampled_from("abcde")
FLAVOUR = st.sampled_from(["matcha", "vanilla", "zest"])
FLAVOURS = st.frozensets(FLAVOUR, max_size=3)
CLUSTERS = st.sampled_from([0, 1])


class KilledError(Exception):
    """As if the process had been killed there."""


class Freezer(RuleBasedStateMachine):
    """Two clusters at one database, and what should be in it."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self.database = database
        self.clusters = [str(uuid.uuid4()), str(uuid.uuid4())]
        self.stock: list[Counter[str]] = [Counter(), Counter()]
        self.reserved: list[dict[str, frozenset[str]]] = [{}, {}]

    def scoops(self, cluster: int, flavour: str) -> int:
        return self.stock[cluster].get(flavour, DEFAULT_SCOOPS)

    def add(self, cluster: int, flavour: str, scoops: int) -> None:
        self.stock[cluster][flavour] = self.scoops(cluster, flavour) + scoops

    @rule(cluster=CLUSTERS, name=NAMES, flavours=FLAVOURS, ahead=st.dictionaries(NAMES, FLAVOURS, max_size=2))
    def reserve(self, cluster: int, name: str, flavours: frozenset[str], ahead: dict[str, frozenset[str]]) -> None:
        ahead.pop(name, None)
        has = self.reserved[cluster]
        before = has.get(name, frozenset())
        kept = Counter(each for other, wish in ahead.items() for each in wish - has.get(other, frozenset()))
        enough = all(self.scoops(cluster, flavour) > kept[flavour] for flavour in flavours - before)
        wanted = Reservation(name, name, flavours)
        others = [Reservation(other, other, wish) for other, wish in ahead.items()]
        with contextlib.nullcontext() if enough else pytest.raises(OutOfStockError):
            reserve(self.database, wanted, *others, cluster=self.clusters[cluster])
        if enough:
            for flavour in flavours - before:
                self.add(cluster, flavour, -1)
            for flavour in before - flavours:
                self.add(cluster, flavour, +1)
            has[name] = flavours

    @rule(cluster=CLUSTERS, name=NAMES)
    def give_back(self, cluster: int, name: str) -> None:
        before = self.reserved[cluster].pop(name, frozenset())
        assert give_back(self.database, Reservation(name, name, frozenset()), self.clusters[cluster]) == before
        for flavour in before:
            self.add(cluster, flavour, +1)

    @rule(cluster=CLUSTERS, flavour=FLAVOUR, scoops=st.integers(1, 3))
    def refill(self, cluster: int, flavour: str, scoops: int) -> None:
        self.add(cluster, flavour, scoops)
        with transaction(self.database, self.clusters[cluster]) as t:
            assert stock.refill(t, flavour, scoops) == self.scoops(cluster, flavour)

    @rule(cluster=CLUSTERS, flavour=FLAVOUR, scoops=st.integers(0, 2))
    def take_stock(self, cluster: int, flavour: str, scoops: int) -> None:
        self.stock[cluster][flavour] = scoops
        put(self.database, self.clusters[cluster], **{flavour: scoops})

    @rule(cluster=CLUSTERS, name=NAMES, flavours=FLAVOURS, flavour=FLAVOUR)
    def be_killed(self, cluster: int, name: str, flavours: frozenset[str], flavour: str) -> None:
        with pytest.raises(KilledError):
            self.do_all_and_be_killed(cluster, name, flavours, flavour)

    def do_all_and_be_killed(self, cluster: int, name: str, flavours: frozenset[str], flavour: str) -> None:
        with transaction(self.database, self.clusters[cluster]) as t:
            stock.refill(t, flavour, 1)
            reservations.give_back(t, name, name)
            with contextlib.suppress(OutOfStockError):
                reservations.reserve(t, Reservation(name, name, flavours))
            raise KilledError

    @invariant()
    def is_as_the_model_says(self) -> None:
        for cluster, name in enumerate(self.clusters):
            seen = stocked(self.database, name)
            assert {flavour: self.scoops(cluster, flavour) for flavour in seen} == seen
            assert self.stock[cluster].keys() <= seen.keys()
            assert reserved(self.database, name) == {n: f for n, f in self.reserved[cluster].items() if f}
            assert_books_balance(self.database, name)


def test_whatever_is_done_the_freezer_is_as_a_plain_dict_says(database: Database) -> None:
    @seed(SEED)
    def freezer() -> Freezer:
        return Freezer(database)

    run_state_machine_as_test(
        freezer,  # type: ignore[arg-type] # whatever makes one
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
    )
