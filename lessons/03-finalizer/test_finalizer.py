"""Does your operator give back what it took? First each part by itself, then the operator on a real API server."""

import contextlib
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from icecream_operator import repair
from icecream_operator.cache import Cache
from icecream_operator.client import Icecreams
from icecream_operator.finalizer import FINALIZER, Finalizer
from icecream_operator.freezer import ledger, reservations, schema, stock
from icecream_operator.freezer.database import Database, Transaction
from icecream_operator.freezer.errors import OutOfStockError, UnavailableError
from icecream_operator.freezer.freezer import Freezer
from icecream_operator.freezer.reservations import Reservation
from icecream_operator.icecream import Icecream, parse
from icecream_operator.quota import Verdict
from icecream_operator.reconciliation import Reconciliation, StepResult
from icecream_operator.repair import Leaked, Missing
from icecream_operator.waiting import WaitingList
from reconciling.errors import Conflict, NotFound, Refused, Retry
from reconciling.events import Event, EventRecorder
from reconciling.workqueue import WorkQueue
from workshop.testing import awaited, crd, icecreams
from workshop.testing.coroutine_runner import CoroutineRunner
from workshop.testing.failures import CheckFailedError, NotRunError
from workshop.testing.icecreams import OVERSOLD, SOLD
from workshop.testing.shop import Shop
from workshop.workspace.cluster import Cluster

RESERVE = "icecream_operator/freezer/reservations.py, reserve"
GIVE_BACK = "icecream_operator/freezer/reservations.py, give_back"
STEP = "icecream_operator/finalizer.py, __call__"
FIND = "icecream_operator/repair.py, find"
OTHERS = "example.com/hold"
OUT_OF_STOCK = "False (OutOfStock)"
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUNNER = CoroutineRunner()


class FreezerFile:
    """A freezer in an SQLite file, and what the checks look at in it."""

    def __init__(self, folder: Path, cluster: str) -> None:
        self.folder = folder
        self.cluster = cluster
        self.url = f"sqlite:///{folder / 'freezer.db'}"
        self.database = Database(self.url)

    @contextlib.contextmanager
    def transaction(self, cluster: str = "") -> Iterator[Transaction]:
        """A transaction on the rows of this cluster, or of another one."""
        with self.database.transaction(cluster or self.cluster, NOW) as transaction:
            yield transaction

    def count(self, **scoops: int) -> None:
        """Set the stock."""
        with self.transaction() as transaction:
            for flavour, number in scoops.items():
                stock.take_stock(transaction, flavour, number)

    def put(self, name: str, *flavours: str, uid: str = "", cluster: str = "") -> None:
        """Reserve for an icecream without asking anybody, so without the code under check."""
        with self.transaction(cluster) as transaction:
            for flavour in flavours:
                stock.scoops(transaction, flavour)
                reservations._take(transaction, flavour, uid or f"uid-{name}", name)  # noqa: SLF001

    def scoops(self, flavour: str) -> int:
        """How many are in stock."""
        with self.transaction() as transaction:
            return stock.read(transaction)[flavour]

    def reserved(self, name: str) -> str:
        """What is reserved for an icecream."""
        rows = schema.reservations.c
        query = select(rows.flavour).where(rows.cluster == self.cluster, rows.name == name).order_by(rows.flavour)
        with self.transaction() as transaction:
            return " ".join(transaction.connection.scalars(query))

    def lines(self, flavour: str) -> list[str]:
        """The ledger of a flavour, without the lines that nobody's icecream caused."""
        with self.transaction() as transaction:
            return [f"{line.scoops:+} {line.reason}" for line in ledger.entries(transaction) if _is_for(line, flavour)]

    def problems(self) -> list[str]:
        """Where stock, reservations and ledger don't agree."""
        with self.transaction() as transaction:
            return list(ledger.audit(transaction))

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """The database can't be reached inside the `with`."""
        elsewhere = self.folder.with_name("away")
        self.database.close()
        self.folder.rename(elsewhere)
        try:
            yield
        finally:
            elsewhere.rename(self.folder)


def _is_for(line: ledger.Entry, flavour: str) -> bool:
    return line.flavour == flavour and bool(line.uid)


@contextlib.contextmanager
def freezer(**scoops: int) -> Iterator[FreezerFile]:
    """A freezer with these scoops."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "here")
        file.mkdir()
        made = FreezerFile(file, "this-cluster")
        try:
            made.count(**scoops)
            yield made
        finally:
            made.database.close()


def wanted(name: str, *flavours: str) -> Reservation:
    """What shall be reserved."""
    return Reservation(f"uid-{name}", name, frozenset(flavours))


def reserve(file: FreezerFile, reservation: Reservation, ahead: Iterable[Reservation] = ()) -> OutOfStockError | None:
    """Call `reserve`, and return its error. Whatever it has done by then is committed."""
    with file.transaction() as transaction:
        try:
            reservations.reserve(transaction, reservation, ahead)
        except OutOfStockError as error:
            return error
        except IntegrityError as error:
            raise CheckFailedError(
                expected="the database to take what reserve writes",
                seen=f"{type(error).__name__}: {error.orig}",
                look=f"{RESERVE}: what is reserved already?",
            ) from None
    return None


def give_back(file: FreezerFile, name: str) -> Any:
    """Call `give_back`."""
    with file.transaction() as transaction:
        return reservations.give_back(transaction, f"uid-{name}", name)


def assert_freezer(file: FreezerFile, what: str, in_stock: dict[str, int], reserved: dict[str, str], look: str) -> None:
    """Check what is in stock, and what is reserved for whom."""
    stocked = {flavour: file.scoops(flavour) for flavour in in_stock}
    kept = {name: file.reserved(name) for name in reserved}
    if (stocked, kept) != (in_stock, reserved):
        raise CheckFailedError(
            expected=f"{what}\n{_freezer(in_stock, reserved)}", seen=_freezer(stocked, kept), look=look
        )
    if problems := file.problems():
        raise CheckFailedError(
            expected="a line of the ledger for each scoop that is taken or put back",
            seen="\n".join(problems),
            look=f"{look}: what do _take and _put_back do?",
        )


def _freezer(in_stock: dict[str, int], reserved: dict[str, str]) -> str:
    scoops = ", ".join(f"{number} {flavour}" for flavour, number in in_stock.items())
    names = ", ".join(f"{flavours or 'nothing'} for {name}" for name, flavours in reserved.items())
    return f"in stock: {scoops}; reserved: {names}"


@dataclass(frozen=True)
class OperatedShop:
    """The shop, the freezer that its operator uses, and how icecreams are in both."""

    shop: Shop
    freezer: FreezerFile

    @contextlib.contextmanager
    def operator(self, kubeconfig: Path | None = None) -> Iterator[None]:
        """An operator that marks what is oversold."""
        with self.shop.operator("--on-oversell=mark", f"--freezer-url={self.freezer.url}", kubeconfig=kubeconfig):
            yield

    def view(self, name: str) -> dict[str, str]:
        """How an icecream is, and what is reserved for it."""
        body = self.shop.icecreams.read(name)
        reserved = self.freezer.reserved(name) or "nothing"
        if body is None:
            return {"there": "no", "reserved": reserved}
        metadata = body["metadata"]
        return {
            "there": "being deleted" if "deletionTimestamp" in metadata else "yes",
            "finalizers": " ".join(metadata.get("finalizers", ())) or "none",
            "Ready": str(icecreams.view(body).get("Ready", "not said")),
            "reserved": reserved,
        }

    def expect(self, what: str, rows: dict[str, dict[str, str]], *, look: str, within: float = 0) -> None:
        """Wait until the icecreams are like this, in the fields that are named."""

        def difference() -> str:
            views = {name: self.view(name) for name in rows}
            alike = all(views[name].get(field) == value for name, row in rows.items() for field, value in row.items())
            return "" if alike else _rows(views)

        self.shop.expect_that(f"{what}\n{_rows(rows)}", difference, names=rows, look=look, within=within)

    def expect_scoops(self, what: str, flavour: str, scoops: int, *, look: str) -> None:
        """Wait until there are so many scoops."""

        def difference() -> str:
            seen = self.freezer.scoops(flavour)
            return "" if seen == scoops else f"{seen} scoops of {flavour}"

        self.shop.expect_that(f"{what}: {scoops} scoops of {flavour} in stock", difference, names=[], look=look)

    def expect_event(self, name: str, reason: str, *, look: str) -> None:
        """Wait until there is an Event about an icecream, and none for another reason."""

        def difference() -> str:
            reasons = [reason for reason, _ in self.shop.events(name)]
            return "" if set(reasons) == {reason} else f"Events: {', '.join(reasons) or 'none'}"

        self.shop.expect_that(f"an Event about {name}: {reason}", difference, names=[name], look=look, within=10)

    def set_finalizers(self, name: str, *finalizers: str) -> None:
        """Edit the list as somebody else does."""
        self.shop.icecreams.patch(name, {"metadata": {"finalizers": list(finalizers)}})


def _rows(views: dict[str, dict[str, str]]) -> str:
    return "\n".join(
        f"{name}: {', '.join(f'{field} {value}' for field, value in view.items())}" for name, view in views.items()
    )


KEPT = {"there": "yes", "finalizers": FINALIZER, "Ready": SOLD}
GONE = {"there": "no", "reserved": "nothing"}

# Ordered before the operator comes. Each check has flavours of its own.
FIRST = {
    "early": "early",
    "cancelled": "cancelled other",
    "moving": "moving",
    "held": "held",
    "defrosted": "defrosted",
    "down": "down",
    "edited": "edited",
    "lost": "lost",
    **{f"quota-{number}": "quota" for number in (1, 2, 3, 4)},
    **{f"rare-{number}": "rare" for number in (1, 2)},
}
RARE = 0  # scoops of it at first


@pytest.fixture(scope="module", autouse=True)
def opened(cluster: Cluster) -> Iterator[OperatedShop]:
    """The shop with the first orders in it and an operator that marks. It begins while the parts are checked."""
    with tempfile.TemporaryDirectory() as folder, Shop(cluster) as shop, ThreadPoolExecutor(1) as beside:
        kubeconfig = beside.submit(lambda: shop.identity)
        with crd.served(cluster, look="lesson 01, deploy/crds/demo.lva.io_icecreams.yaml"):
            uid = cluster.get("namespace", "kube-system")["metadata"]["uid"]
            open_shop = OperatedShop(shop, FreezerFile(Path(folder), uid))
            open_shop.freezer.count(rare=RARE)
            for name, flavours in FIRST.items():
                shop.order(name, *flavours.split())
            try:
                with open_shop.operator(kubeconfig.result()):
                    yield open_shop
            finally:
                shop.icecreams.delete_all()


# Exercise 1: reserve.


def test_a_scoop_of_each_flavour_is_reserved() -> None:
    with freezer(matcha=2, vanilla=1) as file:
        reserve(file, wanted("a", "matcha", "vanilla"))
        what = "a scoop of matcha and one of vanilla reserved for a"
        assert_freezer(file, what, {"matcha": 1, "vanilla": 0}, {"a": "matcha vanilla"}, RESERVE)


def test_what_is_reserved_twice_is_the_same_as_once() -> None:
    with freezer(matcha=2) as file:
        reserve(file, wanted("a", "matcha"))
        reserve(file, wanted("a", "matcha"))
        assert_freezer(file, "one scoop for a, also the second time", {"matcha": 1}, {"a": "matcha"}, RESERVE)


@pytest.mark.parametrize("missing", ["matcha", "vanilla"])
def test_where_one_flavour_is_missing_nothing_is_reserved(missing: str) -> None:
    scoops = {"matcha": 2, "vanilla": 2, missing: 0}
    with freezer(**scoops) as file:
        error = reserve(file, wanted("a", "matcha", "vanilla"))
        what = f"nothing taken for a, also not for whoever catches the error and commits: there is no {missing}"
        assert_freezer(file, what, scoops, {"a": ""}, RESERVE)
        assert_out_of_stock(error, missing, {"matcha", "vanilla"})


def assert_out_of_stock(error: OutOfStockError | None, flavour: str, missing: set[str]) -> None:
    """Check what the error says."""
    if error is None or (error.flavour, set(error.missing)) != (flavour, missing):
        raise CheckFailedError(
            expected=f"OutOfStockError({flavour!r}, {missing}): the first flavour without a scoop, and all that are "
            "wanted and not yet reserved",
            seen=f"OutOfStockError({error.flavour!r}, {set(error.missing)})" if error else "no error",
            look=RESERVE,
        )


def test_what_is_reserved_already_needs_no_scoop_more() -> None:
    with freezer(matcha=1, vanilla=1) as file:
        file.put("a", "matcha")
        error = reserve(file, wanted("a", "matcha", "vanilla"))
        if error:
            raise CheckFailedError(
                expected="vanilla to be reserved for a, which has the last matcha already",
                seen=f"OutOfStockError: {error}",
                look=f"{RESERVE}: which flavours are asked for?",
            )
        what = "both flavours reserved for a, of which it had one already"
        assert_freezer(file, what, {"matcha": 0, "vanilla": 0}, {"a": "matcha vanilla"}, RESERVE)


def test_a_change_of_flavour_gives_the_old_one_back() -> None:
    with freezer(matcha=1, vanilla=1) as file:
        file.put("a", "matcha")
        reserve(file, wanted("a", "vanilla"))
        what = "vanilla reserved for a, which had matcha"
        assert_freezer(file, what, {"matcha": 1, "vanilla": 0}, {"a": "vanilla"}, RESERVE)


def test_a_change_to_what_is_out_of_stock_leaves_the_old_flavour() -> None:
    with freezer(matcha=1, vanilla=0) as file:
        file.put("a", "matcha")
        reserve(file, wanted("a", "vanilla"))
        what = "a keeps its matcha as long as there is no vanilla"
        assert_freezer(file, what, {"matcha": 0, "vanilla": 0}, {"a": "matcha"}, RESERVE)


def test_what_wants_nothing_any_more_keeps_nothing() -> None:
    with freezer(matcha=1, vanilla=1) as file:
        file.put("a", "matcha", "vanilla")
        reserve(file, wanted("a"))
        assert_freezer(file, "nothing reserved for a", {"matcha": 1, "vanilla": 1}, {"a": ""}, RESERVE)


def test_whoever_was_ahead_keeps_its_scoop() -> None:
    with freezer(matcha=1, vanilla=0) as file:
        error = reserve(file, wanted("b", "matcha"), [wanted("a", "matcha", "vanilla")])
        what = "the last matcha kept for a, which came before b and waits for vanilla"
        assert_freezer(file, what, {"matcha": 1}, {"a": "", "b": ""}, RESERVE)
        assert_out_of_stock(error, "matcha", {"matcha"})


def test_for_whoever_has_its_scoop_none_is_kept() -> None:
    with freezer(matcha=2) as file:
        file.put("a", "matcha")
        reserve(file, wanted("b", "matcha"), [wanted("a", "matcha")])
        what = "a matcha for b: a, which came before, has its own"
        assert_freezer(file, what, {"matcha": 0}, {"a": "matcha", "b": "matcha"}, RESERVE)


# Exercise 2: give back.


def test_what_is_given_back_is_in_stock_again() -> None:
    with freezer(matcha=1, vanilla=2) as file:
        file.put("a", "matcha", "vanilla")
        given = give_back(file, "a")
        what = "both scoops of a back in stock"
        assert_freezer(file, what, {"matcha": 1, "vanilla": 2}, {"a": ""}, GIVE_BACK)
        if given != {"matcha", "vanilla"}:
            raise CheckFailedError(
                expected="give_back to return what it has given back, matcha and vanilla",
                seen=f"it returns {given!r}",
                look=GIVE_BACK,
            )


def test_what_is_given_back_twice_is_given_back_once() -> None:
    with freezer(matcha=1) as file:
        file.put("a", "matcha")
        give_back(file, "a")
        again = give_back(file, "a")
        assert_freezer(file, "one scoop back, also the second time", {"matcha": 1}, {"a": ""}, GIVE_BACK)
        if again != frozenset():
            raise CheckFailedError(
                expected="give_back to return an empty set the second time", seen=f"{again!r}", look=GIVE_BACK
            )


def test_only_what_is_reserved_is_given_back() -> None:
    with freezer(matcha=1, vanilla=1) as file:
        file.put("a", "matcha")
        file.put("b", "vanilla")
        give_back(file, "a")
        what = "the matcha of a back, and the vanilla of b left alone"
        assert_freezer(file, what, {"matcha": 1, "vanilla": 0}, {"a": "", "b": "vanilla"}, GIVE_BACK)


def test_what_another_cluster_has_reserved_is_not_given_back() -> None:
    with freezer(matcha=1) as file:
        file.put("a", "matcha", cluster="another-cluster")
        give_back(file, "a")
        what = "nothing given back: another cluster has an icecream of this uid, and this one has not"
        assert_freezer(file, what, {"matcha": 1}, {"a": ""}, GIVE_BACK)


# Exercise 3: the finalizer. The work queues only write down here, and the API server is a dict.

DELETED_AT = "2026-01-01T00:01:00Z"


def body(name: str, version: int, *flavours: str, **metadata: Any) -> dict[str, Any]:
    """An icecream as the API server sends it."""
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": str(version),
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            **metadata,
        },
        "spec": {"flavour": list(flavours)},
    }


class Keys(WorkQueue[Any]):
    """A work queue that nobody works on."""

    def __init__(self) -> None:
        super().__init__(lambda _: 0, cast(Any, None))
        self.added: list[Any] = []

    def add(self, key: Any) -> None:
        self.added.append(key)

    def add_after(self, key: Any, _seconds: float) -> None:
        self.added.append(key)


@dataclass(frozen=True)
class Write:
    """A list of finalizers that was written, and what was reserved for the icecream at that moment."""

    finalizers: list[str]
    reserved: str


class Stored(Icecreams):
    """One icecream as an API server has it, which goes with its last finalizer."""

    def __init__(self, file: FreezerFile, stored: dict[str, Any]) -> None:
        super().__init__(cast(Any, None))
        self._freezer = file
        self.body: dict[str, Any] | None = stored
        self.version = 1
        self.forbidden = self.invalid = False
        self.writes: list[Write] = []

    async def patch_finalizers(self, icecream: Icecream, finalizers: Sequence[str]) -> Icecream:
        if self.body is None:
            raise NotFound(f'writing the finalizers: icecreams "{icecream.name}" not found (HTTP 404)')
        if self.invalid:
            raise Refused("writing the finalizers: it is invalid (HTTP 422)")
        if self.forbidden:
            raise Retry("writing the finalizers: it is forbidden (HTTP 403)")
        if icecream.resource_version != self.version:
            raise Conflict("writing the finalizers: the object has been modified (HTTP 409)")
        reserved = ""
        with contextlib.suppress(UnavailableError):
            reserved = self._freezer.reserved(icecream.name)
        self.writes.append(Write(list(finalizers), reserved))
        self.version += 1
        metadata = {**self.body["metadata"], "resourceVersion": str(self.version), "finalizers": list(finalizers)}
        self.body = {**self.body, "metadata": metadata}
        written = parse(self.body)
        if written.deleting and not finalizers:
            self.body = None
        return written


def all_awaited() -> AbstractContextManager[None]:
    return awaited.all_awaited(
        "each coroutine to be awaited", lambda _file, line: f"icecream_operator/finalizer.py, line {line}"
    )


IS_SOLD = Verdict(sold=True, sold_out=False)


class Step:
    """Your step, and icecream `a` of matcha, which goes through it."""

    def __init__(self, file: FreezerFile, **metadata: Any) -> None:
        self.freezer = file
        self.seen = parse(body("a", 1, "matcha", **metadata))
        self.stored = Stored(file, body("a", 1, "matcha", **metadata))
        self.events, self.waiting = Keys(), Keys()
        self.cache = Cache()
        self.cache.replace([self.seen], 1)
        freezer = Freezer(file.database, self._cluster, lambda: NOW)
        recorder = EventRecorder(cast(WorkQueue[Event], self.events), cast(Any, None), "", "", lambda: NOW)
        waiting = WaitingList(self.waiting, Keys(), lambda: self.cache, freezer)
        self._step = Finalizer(self.stored, lambda: self.cache, freezer, waiting, recorder)

    async def _cluster(self) -> str:
        return self.freezer.cluster

    def take(self, verdict: Verdict | None = IS_SOLD) -> tuple[StepResult | None, Icecream]:
        """Take it, and return what it returns, or None if it comes back by Retry, and the icecream that goes on."""
        if self.seen.deleting:
            verdict = None
        reconciliation = Reconciliation(self.seen, verdict)
        results: list[StepResult] = []

        async def run() -> None:
            with contextlib.suppress(Retry):
                results.append(await self._step(reconciliation))

        with all_awaited():
            RUNNER.run(run())
        return results[0] if results else None, reconciliation.icecream

    @property
    def written(self) -> list[list[str]]:
        """The lists of finalizers that were written."""
        return [write.finalizers for write in self.stored.writes]


def assert_written(step: Step, expected: list[list[str]], what: str, look: str = STEP) -> None:
    """Check which lists of finalizers were written, each in any order."""
    if list(map(sorted, step.written)) != list(map(sorted, expected)):
        raise CheckFailedError(expected=f"{what}: {_lists(expected)}", seen=_lists(step.written), look=look)


def _lists(written: list[list[str]]) -> str:
    return ", then ".join(f"the list [{', '.join(names)}] written" for names in written) or "no write of finalizers"


def assert_result(seen: StepResult | None, expected: StepResult | None, what: str) -> None:
    """Check how the step has ended."""
    if seen is not expected:
        names: dict[StepResult | None, str] = {result: f"StepResult.{result.name}" for result in StepResult}
        names[None] = "Retry is raised"
        raise CheckFailedError(
            expected=f"{what}: {names[expected]}", seen=str(names.get(seen, f"it returns {seen!r}")), look=STEP
        )


def test_the_finalizer_is_there_before_anything_is_reserved() -> None:
    with freezer(matcha=1) as file:
        step = Step(file)
        result, icecream = step.take()
        assert_written(step, [[FINALIZER]], "our finalizer put on a, which is sold and for which nothing is reserved")
        assert_freezer(file, "nothing reserved yet: that is the next step", {"matcha": 1}, {"a": ""}, STEP)
        assert_result(result, StepResult.CONTINUE, "the next step to be taken, which reserves")
        if icecream.finalizers != (FINALIZER,):
            raise CheckFailedError(
                expected="the next steps to go on with the icecream as it is after the write",
                seen=f"reconciliation.icecream has the finalizers {list(icecream.finalizers)}",
                look=f"{STEP}: what becomes of the answer of _write?",
            )


def test_the_finalizer_is_put_on_once() -> None:
    with freezer(matcha=1) as file:
        step = Step(file, finalizers=[FINALIZER])
        result, _ = step.take()
        assert_written(step, [], "no write to a, which has our finalizer")
        assert_result(result, StepResult.CONTINUE, "the next step to be taken")


@pytest.mark.parametrize("verdict", [Verdict(sold=False, sold_out=True), None], ids=["oversold", "without a verdict"])
def test_what_is_not_sold_gets_no_finalizer(verdict: Verdict | None) -> None:
    with freezer(matcha=1) as file:
        step = Step(file)
        result, _ = step.take(verdict)
        assert_written(step, [], "no write to a, which is not sold, so nothing will be reserved for it")
        assert_result(result, StepResult.CONTINUE, "the next step to be taken")


def test_a_finalizer_that_cant_be_written_is_tried_again() -> None:
    with freezer(matcha=1) as file:
        step = Step(file)
        step.stored.forbidden = True
        result, _ = step.take()
        what = "Retry to come through where the finalizer can't be written, so that nothing is reserved without it"
        assert_result(result, None, what)


def test_the_finalizers_of_others_stay_when_ours_is_put_on() -> None:
    with freezer(matcha=1) as file:
        step = Step(file, finalizers=[OTHERS])
        step.take()
        assert_written(step, [[OTHERS, FINALIZER]], f"ours put to the list that has {OTHERS} already")


def test_the_finalizers_of_others_stay_when_ours_is_taken_off() -> None:
    with freezer(matcha=1) as file:
        step = Step(file, finalizers=[FINALIZER, OTHERS], deletionTimestamp=DELETED_AT)
        step.take()
        assert_written(step, [[OTHERS]], f"ours taken off, and {OTHERS} left alone")


def test_the_finalizer_comes_off_after_all_is_given_back() -> None:
    with freezer(matcha=1) as file:
        file.put("a", "matcha")
        step = Step(file, finalizers=[FINALIZER], deletionTimestamp=DELETED_AT)
        result, _ = step.take()
        assert_freezer(file, "the scoop of a given back, which is being deleted", {"matcha": 1}, {"a": ""}, STEP)
        assert_written(step, [[]], "our finalizer taken off")
        if step.stored.writes[0].reserved:
            raise CheckFailedError(
                expected="all to be given back by the time the finalizer comes off",
                seen=f"when it came off, this was still reserved for a: {step.stored.writes[0].reserved}. Killed "
                "there, the operator would never hear of a again",
                look=f"{STEP}: in which order?",
            )
        assert_result(result, StepResult.DONE, "nothing more to be done for what is being deleted")


def test_no_finalizer_is_put_on_what_is_being_deleted() -> None:
    with freezer(matcha=1) as file:
        step = Step(file, finalizers=[OTHERS], deletionTimestamp=DELETED_AT)
        result, _ = step.take()
        assert_written(step, [], "no write to a, which is being deleted and hasn't our finalizer")
        assert_result(result, StepResult.DONE, "nothing more to be done for what is being deleted")


def test_what_has_lost_its_finalizer_gives_back_too() -> None:
    with freezer(matcha=1) as file:
        file.put("a", "matcha")
        Step(file, finalizers=[OTHERS], deletionTimestamp=DELETED_AT).take()
        what = "the scoop of a given back, which is being deleted, though somebody has edited our finalizer away"
        assert_freezer(file, what, {"matcha": 1}, {"a": ""}, STEP)


@pytest.mark.parametrize(
    "metadata", [{}, {"finalizers": [FINALIZER], "deletionTimestamp": DELETED_AT}], ids=["putting on", "taking off"]
)
def test_what_is_gone_by_the_time_of_the_write_is_no_error(metadata: dict[str, Any]) -> None:
    with freezer(matcha=1) as file:
        step = Step(file, **metadata)
        step.stored.body = None
        try:
            result, _ = step.take()
        except NotFound as error:
            raise CheckFailedError(
                expected="nothing more to be done for a, which is gone by the time of the write",
                seen=f"it ends with NotFound: {error}",
                look=f"{STEP}; reconciling/errors.py, NotFound",
            ) from None
        assert_result(result, StepResult.DONE, "nothing more to be done for what is gone")


def test_a_finalizer_that_is_refused_is_not_tried_again() -> None:
    with freezer(matcha=1) as file:
        step = Step(file)
        step.stored.invalid = True
        try:
            result, _ = step.take()
        except Refused as error:
            raise CheckFailedError(
                expected="nothing more to be done for a, which the API server won't take with its spec as it is",
                seen=f"it ends with Refused: {error}",
                look=f"{STEP}; reconciling/errors.py, Refused",
            ) from None
        assert_result(result, StepResult.DONE, "nothing reserved for a, which can't be given the finalizer")


def test_the_finalizer_stays_as_long_as_the_freezer_is_away() -> None:
    with freezer(matcha=1) as file:
        file.put("a", "matcha")
        step = Step(file, finalizers=[FINALIZER], deletionTimestamp=DELETED_AT)
        with file.away():
            result, _ = step.take()
        assert_written(step, [], "our finalizer left on a as long as its scoop can't be given back")
        assert_result(result, StepResult.DONE, "nothing more to be done until it comes back by the waiting list")
        if not step.waiting.added:
            raise CheckFailedError(
                expected="a to wait for the freezer",
                seen="nobody waits for it",
                look=f"{STEP}: what does _give_back do?",
            )


# Exercise 4: what has come apart.


def icecream(name: str, *flavours: str, created: int = 0, **metadata: Any) -> Icecream:
    """An icecream that has our finalizer, as the operator sees it; `created` is in seconds."""
    time = f"2026-01-01T00:00:{created:02}Z"
    return parse(body(name, 1, *flavours, **{"creationTimestamp": time, "finalizers": [FINALIZER], **metadata}))


def found(rows: list[Reservation], all_icecreams: list[Icecream]) -> tuple[list[Leaked], list[Missing]]:
    """What `find` finds."""
    answer: Any = repair.find(rows, all_icecreams)
    if not (isinstance(answer, tuple) and len(answer) == 2):
        raise CheckFailedError(
            expected="find to return two lists, of what has leaked and of what is missing",
            seen=f"it returns {answer!r}",
            look=FIND,
        )
    return answer


def assert_finds(
    rows: list[Reservation], all_icecreams: list[Icecream], what: str, leaked: str = "", missing: str = ""
) -> None:
    """Check whose reservations have leaked, and who is missing something: `a` has what it should not, or has not."""
    leaks, lacks = found(rows, all_icecreams)
    names = " ".join(leak.reservation.name for leak in leaks), " ".join(lack.icecream.name for lack in lacks)
    if names != (leaked, missing):
        raise CheckFailedError(
            expected=f"{what}: leaked {leaked or 'nothing'}, missing {missing or 'nothing'}",
            seen=f"leaked {names[0] or 'nothing'}, missing {names[1] or 'nothing'}",
            look=FIND,
        )


def test_what_is_reserved_for_nobody_has_leaked() -> None:
    rows = [wanted("a", "matcha"), wanted("b", "matcha")]
    assert_finds(rows, [icecream("b", "matcha")], "the reservation of a, which is gone, and not that of b", leaked="a")


def test_another_one_of_the_same_name_is_not_the_same() -> None:
    row = Reservation("uid-of-the-first", "a", frozenset({"matcha"}))
    what = "the reservation of the first a, while the second one has none yet"
    assert_finds([row], [icecream("a", "matcha")], what, leaked="a", missing="a")


def test_what_has_no_reservation_is_missing_one() -> None:
    assert_finds([], [icecream("a", "matcha")], "a, which is sold and has nothing reserved", missing="a")


def test_what_has_another_flavour_reserved_is_missing_one() -> None:
    what = "a, which wants vanilla and has matcha"
    assert_finds([wanted("a", "matcha")], [icecream("a", "vanilla")], what, missing="a")


def test_what_is_oversold_should_have_nothing_reserved() -> None:
    four = [icecream(name, "matcha") for name in "abcd"]
    what = "d, which is oversold and has matcha"
    assert_finds([wanted(name, "matcha") for name in "abcd"], four, what, missing="d")
    lack = found([wanted(name, "matcha") for name in "abcd"], four)[1][0]
    if (lack.reserved, lack.reservation) != (frozenset({"matcha"}), wanted("d")):
        raise CheckFailedError(
            expected=f"Missing(d, what it has: {{'matcha'}}, what it should have: {wanted('d')})",
            seen=str(lack),
            look=FIND,
        )


def test_where_all_is_well_nothing_is_found() -> None:
    four = [icecream(name, "matcha") for name in "abcd"]
    assert_finds([wanted(name, "matcha") for name in "abc"], four, "nothing: a, b and c have theirs, d is oversold")


def test_what_is_being_deleted_is_left_to_its_finalizer() -> None:
    leaving = [icecream(name, "matcha", deletionTimestamp=DELETED_AT) for name in "ab"]
    what = "nothing: a and b are being deleted, and a has not yet given back"
    assert_finds([wanted("a", "matcha")], leaving, what)


def test_what_has_no_finalizer_yet_is_left_to_the_reconcile() -> None:
    what = "nothing: a hasn't got its finalizer yet, and so nothing may be reserved for it"
    assert_finds([], [icecream("a", "matcha", finalizers=[])], what)


def test_those_that_miss_something_come_in_their_order() -> None:
    three = [icecream("a", "matcha", created=2), icecream("b", "matcha", created=1), icecream("c", "matcha", created=0)]
    assert_finds([], three, "whoever came first before the others, since there may not be enough", missing="c b a")


# From here on your operator runs on a real API server.


@pytest.fixture(scope="module")
def shop(opened: OperatedShop, request: pytest.FixtureRequest) -> OperatedShop:
    """The shop, once the operator is there. Built of parts that are wrong it isn't run: it would fail by race."""
    if request.session.testsfailed:
        raise NotRunError("the operator is run once its parts are right")
    opened.shop.settle(look=STEP)
    return opened


def test_what_is_sold_has_our_finalizer_and_its_scoops(shop: OperatedShop) -> None:
    rows = {"early": {**KEPT, "reserved": "early"}, "cancelled": {**KEPT, "reserved": "cancelled other"}}
    shop.expect("what was ordered before the operator came to be served", rows, look=STEP)
    shop.expect_scoops("one scoop taken of ten", "early", 9, look=RESERVE)


def test_an_order_costs_two_writes(shop: OperatedShop) -> None:
    shop.shop.order("two-writes", "two-writes")
    shop.expect("an order to be served", {"two-writes": KEPT}, look=STEP)
    shop.shop.settle(look=STEP)
    writes = shop.shop.writes("two-writes")
    if [(write.resource, write.code) for write in writes] != [("icecreams", 200), ("icecreams/status", 200)]:
        raise CheckFailedError(
            expected="two writes for an order: its finalizer, and then its status",
            seen="\n".join(map(str, writes)) or "none",
            look=f"{STEP}: with which icecream do the next steps go on?",
        )


def test_what_is_deleted_gives_its_scoops_back_and_is_gone(shop: OperatedShop) -> None:
    shop.shop.cancel("cancelled")
    shop.expect("what was cancelled to give its scoops back and go", {"cancelled": GONE}, look=STEP)
    for flavour in ("cancelled", "other"):
        shop.expect_scoops("the scoop back", flavour, 10, look=GIVE_BACK)
        if (lines := shop.freezer.lines(flavour)) != ["-1 reserve", "+1 give back"]:
            raise CheckFailedError(
                expected=f"two lines of the ledger of {flavour}: -1 reserve, +1 give back",
                seen=", ".join(lines) or "none",
                look=GIVE_BACK,
            )


def test_what_is_oversold_reserves_nothing(shop: OperatedShop) -> None:
    rows = {"quota-3": {**KEPT, "reserved": "quota"}, "quota-4": {"Ready": OVERSOLD, "reserved": "nothing"}}
    shop.expect("the fourth of a flavour, which is oversold, to take nothing", rows, look=STEP)
    shop.expect_scoops("three taken of ten", "quota", 7, look=STEP)


def test_a_change_of_flavour_moves_the_scoop(shop: OperatedShop) -> None:
    shop.shop.change("moving", flavour=["moved"])
    rows = {"moving": {**KEPT, "reserved": "moved"}}
    shop.expect("the change from moving to moved to be made in the freezer too", rows, look=RESERVE)
    shop.expect_scoops("the old scoop back", "moving", 10, look=RESERVE)


def test_what_is_out_of_stock_waits_and_a_refill_serves_whoever_came_first(shop: OperatedShop) -> None:
    waits, served = {"Ready": OUT_OF_STOCK, "reserved": "nothing"}, {"Ready": SOLD, "reserved": "rare"}
    shop.expect("two to wait for a flavour of which there is nothing", {"rare-1": waits, "rare-2": waits}, look=RESERVE)
    with shop.freezer.transaction() as transaction:
        stock.refill(transaction, "rare", 1)
    rows = {"rare-1": served, "rare-2": waits}
    shop.expect("a refill of one to serve the first of them", rows, look=RESERVE, within=10)
    shop.shop.cancel("rare-1")
    rows = {"rare-1": GONE, "rare-2": served}
    shop.expect("the scoop that comes back to serve the second", rows, look=GIVE_BACK, within=10)
    shop.expect_event("rare-2", "OutOfStock", look="icecream_operator/reservation.py")


def test_what_somebody_else_holds_has_given_back_already(shop: OperatedShop) -> None:
    shop.set_finalizers("held", OTHERS, FINALIZER)
    shop.shop.cancel("held")
    held = {"there": "being deleted", "finalizers": OTHERS, "reserved": "nothing"}
    shop.expect(f"our finalizer to go, and {OTHERS} to stay", {"held": held}, look=STEP)
    shop.set_finalizers("held")
    shop.expect("it to go with the last finalizer", {"held": GONE}, look=STEP)


def test_without_a_finalizer_nothing_is_reserved(shop: OperatedShop) -> None:
    with shop.shop.forbidden("patch", "icecreams", role="demooperator-finalizer-role"):
        shop.shop.order("unfinalized", "unfinalized")
        shop.shop.expect_that(
            "the operator to try to put its finalizer on",
            lambda: "" if shop.shop.writes("unfinalized") else "it has not tried",
            names=["unfinalized"],
            look=STEP,
        )
        seen = shop.view("unfinalized")
        if seen["reserved"] != "nothing":
            raise CheckFailedError(
                expected="nothing reserved as long as the finalizer can't be put on (HTTP 403)",
                seen=f"unfinalized: reserved {seen['reserved']}",
                look=STEP,
            )
    rows = {"unfinalized": {**KEPT, "reserved": "unfinalized"}}
    shop.expect("it to be served once its finalizer can be put on", rows, look=STEP)


def test_a_freezer_that_takes_nothing_back_delays_the_end(shop: OperatedShop) -> None:
    with closed(shop.freezer):
        shop.shop.cancel("defrosted")
        shop.expect_event("defrosted", "FreezerUnavailable", look="icecream_operator/finalizer.py, _give_back")
        kept = {"there": "being deleted", "finalizers": FINALIZER, "reserved": "defrosted"}
        what = "it to stay with its finalizer as long as the freezer takes nothing back"
        shop.expect(what, {"defrosted": kept}, look=STEP)
    rows = {"defrosted": GONE}
    shop.expect("it to go by itself once the freezer takes scoops again", rows, look=STEP, within=10)
    shop.expect_scoops("the scoop back", "defrosted", 10, look=GIVE_BACK)


@contextlib.contextmanager
def closed(file: FreezerFile) -> Iterator[None]:
    """A database that can be read and takes no changes, inside the `with`: it has no table for the ledger."""
    with contextlib.closing(sqlite3.connect(file.folder / "freezer.db", isolation_level=None)) as connection:
        connection.execute("ALTER TABLE freezer_ledger RENAME TO elsewhere")
        try:
            yield
        finally:
            connection.execute("ALTER TABLE elsewhere RENAME TO freezer_ledger")


def test_a_write_of_finalizers_says_which_list_it_has_seen(shop: OperatedShop) -> None:
    writes = [write for write in shop.shop.writes() if write.resource == "icecreams" and write.verb == "patch"]
    taken = [write for write in writes if write.code == HTTPStatus.OK]
    blind = [write for write in taken if "resourceVersion" not in write.body.get("metadata", {})]
    if blind:
        raise CheckFailedError(
            expected="each write of finalizers to carry the resourceVersion of the list that it replaces: what "
            "somebody else has put on it since would be lost",
            seen="\n".join(f"{write}, with {write.body}" for write in blind[:3]),
            look="icecream_operator/client.py, patch_finalizers",
        )


# Then it is killed, and much happens while it is down.


@pytest.fixture(scope="module")
def restarted(shop: OperatedShop) -> Iterator[OperatedShop]:
    """The shop after a crash: cancelled, edited, lost and leaked in the meantime."""
    shop.shop.kill_operator()
    shop.shop.cancel("down")
    shop.set_finalizers("edited")
    shop.shop.cancel("edited")
    with shop.freezer.transaction() as transaction:
        uid = next(row.uid for row in reservations.read_all(transaction) if row.name == "lost")
        reservations._put_back(transaction, "lost", uid, "lost")  # noqa: SLF001 # by hand, as from an older backup
    shop.freezer.put("nobody", "leaked")
    shop.freezer.count(elsewhere=5)
    shop.freezer.put("stranger", "elsewhere", cluster="another-cluster")
    with shop.operator():
        yield shop


def test_what_was_deleted_while_it_was_down_gives_back_and_goes(restarted: OperatedShop) -> None:
    restarted.expect("what waited for the operator to go, with its scoop given back", {"down": GONE}, look=STEP)
    restarted.expect_scoops("the scoop back", "down", 10, look=STEP)


def test_repair_gives_back_what_is_reserved_for_nobody(restarted: OperatedShop) -> None:
    rows = {"edited": GONE, "nobody": GONE}
    what = "the reservation of what went without its finalizer to be given back, and that of a name nobody knows"
    restarted.expect(what, rows, look=FIND)
    restarted.expect_scoops("the scoop back", "edited", 10, look=FIND)


def test_what_has_lost_its_reservation_gets_it_again(restarted: OperatedShop) -> None:
    rows = {"lost": {**KEPT, "reserved": "lost"}}
    what = "the scoop that was lost, with a database from an older backup, to be reserved again"
    restarted.expect(what, rows, look="icecream_operator/reservation.py")


def test_repair_leaves_what_is_another_clusters(restarted: OperatedShop) -> None:
    restarted.shop.settle(look=FIND)
    restarted.expect_scoops("nothing given back of what another cluster has reserved", "elsewhere", 5, look=FIND)


def test_a_restart_writes_nothing_where_nothing_has_changed(restarted: OperatedShop) -> None:
    restarted.shop.settle(look=STEP)
    if writes := restarted.shop.writes("early", "moving", "quota-1", "quota-4", "rare-2", "lost"):
        raise CheckFailedError(
            expected="no write for an icecream that is as it should be", seen="\n".join(map(str, writes)), look=STEP
        )


def test_in_the_end_the_ledger_adds_up(restarted: OperatedShop) -> None:
    restarted.shop.settle(look=STEP)
    if problems := restarted.freezer.problems():
        raise CheckFailedError(
            expected="the ledger to add up to the stock", seen="\n".join(problems), look=f"{RESERVE}; give_back"
        )


def test_no_reconcile_ends_unexpectedly(restarted: OperatedShop) -> None:
    restarted.shop.settle(look=STEP)
    if error := restarted.shop.last_error() or restarted.shop.error_before:
        raise CheckFailedError(
            expected="no reconcile to end with an exception but Retry",
            seen=f"the operator fails: {error.message}",
            look=error.place,
        )
