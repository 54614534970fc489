"""What customers do in a shop, for the runs in which the operator is killed, behind, or doesn't see something."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

from kubernetes.client import ApiException

from tests.operator import oracle
from tests.operator.freezer_rows import FreezerRows
from tests.operator.rest import as_it_should_be
from tests.operator.shop import HOLD, attempt
from workshop.faults.scenario import OWN, Process, Scenario
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
        customers = Customers(Icecreams(client), start, control_plane.folder / "freezer.db")
        yield kubeconfig, [*customers.usual(), *customers.where_a_place_becomes_free()]


class Customers:
    """Makes scenarios of what customers do.

    `start` starts the operator with a kubeconfig and a mode; `freezer` is its database, a file.
    """

    def __init__(self, icecreams: Icecreams, start: Start, freezer: Path) -> None:
        self._icecreams = icecreams
        self._start = start
        self._freezer = freezer
        self._created: dict[str, str] = {}  # by name, when it was last

    def usual(self) -> list[Scenario]:
        sell, take_away, change, scenario = self._sell, self._take_away, self._change, self._scenario
        hold, let_go = self._hold("b"), self._let_go("b")
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
                f"d comes, and then {what}",
                "evict",
                self._sell(*SHOP),
                self._sell(MATCHA[3]),
                *acts,
                timing_matters=True,
            )
            for what, acts in {
                "a is deleted": [self._take_away("a")],
                "a is being deleted": [self._hold("a"), self._take_away("a")],
                "a is made anew, after d": [self._take_away("a"), self._make_anew],
                "a takes another flavour": [self._change("a", "mango")],
                "an earlier one takes a's place": [self._change("3", "vanilla")],
                "c takes a flavour too many": [self._change("c", "matcha", "vanilla")],
            }.items()
        ]

    def _scenario(self, name: str, mode: str, before: Act, *steps: Act, timing_matters: bool = False) -> Scenario:
        return Scenario(
            name=f"{name} ({mode})",
            start=lambda kubeconfig: self._start(kubeconfig, mode),
            settled=lambda: as_it_should_be(self._icecreams, evicts=mode == "evict", freezer=self._freezer),
            end=self._end,
            mark=lambda marker: int(self._icecreams.create(manifest(marker, marker))["metadata"]["resourceVersion"]),
            unmark=self._icecreams.delete,
            clean_up=self._clean_up,
            before=[before],
            steps=steps,
            timing_matters=timing_matters,
        )

    def _end(self) -> object:
        """The statuses, what each has reserved, and for how many that are gone something is; markers don't count."""
        listed = self._icecreams.list()
        rows = FreezerRows(self._freezer)
        reserved = {uid: flavours for uid, flavours in rows.reserved.items() if not rows.names[uid].startswith(OWN)}
        names = {icecream["metadata"]["uid"]: icecream["metadata"]["name"] for icecream in listed}
        own = {name: sorted(reserved.pop(uid, ())) for uid, name in names.items() if not name.startswith(OWN)}
        leaked = len(reserved.keys() - names.keys())
        return oracle.statuses(icecream for icecream in listed if icecream["metadata"]["name"] in own), own, leaked

    def _clean_up(self) -> None:
        self._icecreams.delete_all()
        for file in self._freezer.parent.glob(f"{self._freezer.name}*"):
            file.unlink()

    def _sell(self, *orders: Body) -> Act:
        def act() -> None:
            for order in orders:
                self._create(order)

        return act

    def _create(self, order: Body) -> None:
        try:
            created = self._icecreams.create(order)["metadata"]
        except ApiException as error:
            if error.status == HTTPStatus.CONFLICT:
                raise AssertionError("the last of this name is still there") from error
            raise
        self._created[created["name"]] = created["creationTimestamp"]

    def _take_away(self, name: str) -> Act:
        return lambda: self._icecreams.delete(name)

    def _change(self, name: str, *flavours: str) -> Act:
        return lambda: self._icecreams.patch(name, {"spec": {"flavour": list(flavours)}})

    def _hold(self, name: str) -> Act:
        return lambda: self._set_finalizers(name, lambda seen: [*seen, HOLD])

    def _let_go(self, name: str) -> Act:
        return lambda: self._set_finalizers(name, lambda seen: [other for other in seen if other != HOLD])

    def _set_finalizers(self, name: str, change: Callable[[list[str]], list[str]]) -> None:
        icecream = self._icecreams.read(name)
        assert icecream
        metadata = icecream["metadata"]
        patch = {"resourceVersion": metadata["resourceVersion"], "finalizers": change(metadata.get("finalizers", []))}
        assert attempt(self._icecreams.patch, name, {"metadata": patch}), "the operator wrote meanwhile"

    def _make_anew(self) -> None:
        """Create a in a later second than d; one that was there for a moment would come before d, and push it out."""
        now = self._icecreams.create(manifest("clock", "mango"), dry_run=True)["metadata"]["creationTimestamp"]
        assert now > self._created["d"], "it is still the second in which d was created"
        self._create(manifest("a", "matcha"))
