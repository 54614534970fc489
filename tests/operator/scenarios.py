"""What customers do in a shop, for the runs in which the operator is killed, behind, or doesn't see something."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.operator import oracle
from tests.operator.rest import as_it_should_be
from tests.operator.shop import HOLD
from workshop.faults.scenario import OWN, Process, Scenario
from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import Body, Icecreams, connected, manifest
from workshop.testing.operator_process import OPERATOR, OperatorProcess
from workshop.workspace import operators

Act = Callable[[], object]
Start = Callable[[Path, str], Process]

MATCHA = [manifest(name, "matcha") for name in ("a", "b", "c", "d")]
TANGLED = [
    manifest("a", "matcha"),
    manifest("b", "matcha", "vanilla"),
    manifest("c", "matcha", "saffron"),
    manifest("d", "matcha", "vanilla"),  # one too many of matcha, so it takes up no vanilla
    manifest("e", "vanilla"),
    manifest("f", "vanilla", "saffron"),
    manifest("g", "vanilla"),  # one too many
    manifest("h", "saffron"),
]


SHOP = [
    *(manifest(name, flavour) for name, flavour in {"1": "vanilla", "2": "vanilla", "3": "saffron"}.items()),
    manifest("a", "matcha", "vanilla"),
    *(manifest(name, "matcha") for name in ("b", "c")),
]


@contextlib.contextmanager
def prepared(control_plane: ControlPlane) -> Iterator[tuple[Path, list[Scenario]]]:
    """The operator's kubeconfig, and all scenarios, for `workshop perturb`."""
    crd.establish(control_plane)
    kubeconfig, numbers = operators.log_in(OPERATOR, control_plane), itertools.count(1)

    def start(through: Path, mode: str) -> OperatorProcess:
        log = control_plane.folder / f"operator-{next(numbers)}.log"
        return OperatorProcess(through, log, f"--on-oversell={mode}")

    with connected(control_plane.kubeconfig) as client:
        customers = Customers(Icecreams(client), start)
        yield kubeconfig, [*customers.usual(), *customers.where_a_place_becomes_free()]


class Customers:
    """Makes scenarios of what customers do; `start` starts the operator with a kubeconfig and a mode."""

    def __init__(self, icecreams: Icecreams, start: Start) -> None:
        self._icecreams = icecreams
        self._start = start
        self._created: dict[str, str] = {}  # by name, when it was last

    def usual(self) -> list[Scenario]:
        sell, take_away, change, scenario = self._sell, self._take_away, self._change, self._scenario
        hold, let_go = self._hold("b", HOLD), self._hold("b")
        return [
            scenario("the sample appears", "evict", sell(manifest("toomuch", "matcha", "vanilla"))),
            scenario("four of a flavour", "evict", sell(*MATCHA)),
            scenario("three, and then a fourth", "evict", sell(*MATCHA[:3]), sell(MATCHA[3])),
            scenario("tangled flavours", "evict", sell(*TANGLED)),
            scenario("a deletion frees a place", "evict", sell(*MATCHA[:3]), take_away("a"), sell(MATCHA[3])),
            scenario("a change of flavour", "evict", sell(*MATCHA[:3]), change("a", "vanilla")),
            scenario("five are marked, one goes", "mark", sell(*MATCHA, manifest("e", "matcha")), take_away("b")),
            scenario(
                "one comes, goes and comes again",
                "mark",
                sell(*MATCHA[:2]),
                sell(MATCHA[2]),
                take_away("c"),
                sell(MATCHA[2]),
            ),
            scenario("changed, and changed back", "mark", sell(*MATCHA), change("a", "vanilla"), change("a", "matcha")),
            scenario("held, and let go", "evict", sell(*MATCHA[:3]), hold, let_go, take_away("b")),
        ]

    def where_a_place_becomes_free(self) -> list[Scenario]:
        """Where d is sold or evicted, depending on when the operator looks."""
        return [
            self._scenario(
                f"d comes, and then {what}", "evict", self._sell(*SHOP), self._sell(MATCHA[3]), act, timing_matters=True
            )
            for what, act in {
                "a is deleted": self._take_away("a"),
                "a is being deleted": self._begin_to_delete("a"),
                "a is made anew, after d": self._make_anew,
                "a takes another flavour": self._change("a", "mango"),
                "an earlier one takes a's place": self._change("3", "vanilla"),
                "c takes a flavour too many": self._change("c", "matcha", "vanilla"),
            }.items()
        ]

    def _scenario(self, name: str, mode: str, before: Act, *steps: Act, timing_matters: bool = False) -> Scenario:
        return Scenario(
            name=f"{name} ({mode})",
            start=lambda kubeconfig: self._start(kubeconfig, mode),
            settled=lambda: as_it_should_be(self._icecreams, evicts=mode == "evict"),
            end=lambda: oracle.statuses(self._customers_icecreams()),
            mark=lambda marker: int(self._icecreams.create(manifest(marker, marker))["metadata"]["resourceVersion"]),
            unmark=self._icecreams.delete,
            clean_up=self._icecreams.delete_all,
            before=[before],
            steps=steps,
            timing_matters=timing_matters,
        )

    def _customers_icecreams(self) -> list[Body]:
        return [icecream for icecream in self._icecreams.list() if not icecream["metadata"]["name"].startswith(OWN)]

    def _sell(self, *orders: Body) -> Act:
        def act() -> None:
            for order in orders:
                created = self._icecreams.create(order)["metadata"]
                self._created[created["name"]] = created["creationTimestamp"]

        return act

    def _take_away(self, name: str) -> Act:
        return lambda: self._icecreams.delete(name)

    def _change(self, name: str, *flavours: str) -> Act:
        return lambda: self._icecreams.patch(name, {"spec": {"flavour": list(flavours)}})

    def _hold(self, name: str, *finalizers: str) -> Act:
        return lambda: self._icecreams.patch(name, {"metadata": {"finalizers": list(finalizers)}})

    def _begin_to_delete(self, name: str) -> Act:
        def act() -> None:
            self._hold(name, HOLD)()
            self._icecreams.delete(name)

        return act

    def _make_anew(self) -> None:
        """Delete a, and create it in a later second than d."""

        def a_second_later() -> None:
            self._icecreams.delete("a")
            self._sell(manifest("a", "matcha"))()
            assert self._created["a"] > self._created["d"]

        eventually(a_second_later)
