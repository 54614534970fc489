"""Does your operator sell what it should? First the rules by themselves, then the operator on a real API server."""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from icecream_operator import quota, status
from icecream_operator.client import Icecreams
from icecream_operator.icecream import Icecream, parse
from icecream_operator.quota import Verdict
from icecream_operator.reconciler import Reconciler
from icecream_operator.reconciliation import Reconciliation, StepResult
from reconciling.conditions import Condition
from reconciling.errors import Conflict, NotFound, Refused, Retry
from reconciling.events import Event, EventRecorder
from reconciling.workqueue import WorkQueue
from workshop import faults
from workshop.faults.injector import FaultInjector
from workshop.system.polling import eventually
from workshop.testing import awaited, crd
from workshop.testing.audit_log import AuditedRequest
from workshop.testing.coroutine_runner import CoroutineRunner
from workshop.testing.failures import CheckFailedError, NotRunError, ask_for_await
from workshop.testing.icecreams import GONE, OVERSOLD, SOLD
from workshop.testing.shop import Shop
from workshop.workspace.cluster import Cluster

QUOTA = "icecream_operator/quota.py, decide"
STATUS = "icecream_operator/status.py, wanted"
ON_EVENT = "icecream_operator/reconciler.py, on_event"
RECONCILE = "icecream_operator/reconciler.py, reconcile"
SAMPLES = "deploy/samples"
RUNNER = CoroutineRunner()


@pytest.fixture(scope="module", autouse=True)
def opened(cluster: Cluster) -> Iterator[Shop]:
    """The shop with the first orders in it and an operator that marks. It begins while the rules are checked."""
    with Shop(cluster) as shop, ThreadPoolExecutor(1) as beside:
        kubeconfig = beside.submit(lambda: shop.identity)
        with crd.served(cluster, look="lesson 01, deploy/crds/demo.lva.io_icecreams.yaml"):
            for name, flavours in FIRST.items():
                shop.order(name, *flavours.split())
            try:
                with shop.operator("--on-oversell=mark", kubeconfig=kubeconfig.result()):
                    yield shop
            finally:
                shop.icecreams.delete_all()


# Ordered before the operator comes, for the checks to go on from. Each check has flavours of its own.
FIRST = {
    "early": "early",
    **{f"chocolate-{number}": "chocolate" for number in (1, 2, 3)},
    **dict.fromkeys(("newest-b", "newest-c", "newest-d"), "newest"),
    "sibling-1": "sibling",
    "sibling-2": "sibling other",
    "other": "other",
    **{f"place-{number}": "place" for number in (1, 2, 3)},
    **{f"change-{number}": "change" for number in (1, 2, 3)},
    **{f"down-{number}": "down" for number in (1, 2, 3)},
    **{f"evict-{number}": "evict" for number in (1, 2, 3)},
    **{f"stale-{number}": "stale" for number in (1, 2, 3)},
}


# Exercise 1: who is sold, who is oversold.


def icecream(name: str, *flavours: str, created: int = 0, deleting: bool = False, **fields: Any) -> Icecream:
    """An icecream as the operator sees it; `created` is in seconds."""
    metadata: dict[str, Any] = {
        "name": name,
        "uid": f"uid-{name}",
        "resourceVersion": "1",
        "generation": fields.pop("generation", 1),
        "creationTimestamp": f"2026-01-01T00:00:{created:02}Z",
    }
    if deleting:
        metadata["deletionTimestamp"] = metadata["creationTimestamp"]
    spec = {"flavour": list(flavours), "topping": fields.pop("topping", [])}
    return parse({"metadata": metadata, "spec": spec, **fields})


def decided(icecreams: list[Icecream]) -> dict[str, Verdict]:
    """The verdicts that `decide` returns."""
    return returned(quota.decide(icecreams), "decide to return the verdicts by name, a dict", QUOTA)


def returned(answer: dict[str, Any], expected: str, look: str) -> dict[str, Any]:
    """What a function has returned, which must be a dict."""
    if not isinstance(answer, dict):
        nothing = "it returns nothing, which is None (is a return forgotten?)"
        seen = nothing if answer is None else f"it returns {ask_for_await(f'a {type(answer).__name__!r} object')}"
        raise CheckFailedError(expected=expected, seen=seen, look=look)
    return answer


def assert_sold(icecreams: list[Icecream], expected: str) -> None:
    """Check whom the rule says to be sold."""
    verdicts = decided(icecreams)
    sold = [name for name, verdict in verdicts.items() if verdict.sold]
    if set(sold) != set(expected.split()):
        orders = "; ".join(_order(icecream) for icecream in icecreams)
        raise CheckFailedError(
            expected=f"these to be sold: {expected}\nof: {orders}",
            seen=f"sold: {' '.join(sorted(sold)) or 'nobody'}",
            look=QUOTA,
        )


def _order(icecream: Icecream) -> str:
    leaving = ", being deleted" if icecream.deleting else ""
    return f"{icecream.name} ({' + '.join(icecream.flavours)}, {icecream.created[11:19]}{leaving})"


def test_three_of_a_flavour_are_sold_and_a_fourth_is_not() -> None:
    assert_sold([icecream(name, "matcha") for name in "abcd"], "a b c")


def test_two_of_one_flavour_and_two_of_another_leave_room_for_a_mixed_one() -> None:
    matcha, vanilla = [icecream(name, "matcha") for name in "ab"], [icecream(name, "vanilla") for name in "cd"]
    assert_sold([*matcha, *vanilla, icecream("mixed", "matcha", "vanilla")], "a b c d mixed")


def test_one_flavour_that_is_full_is_enough_to_be_oversold() -> None:
    assert_sold([*(icecream(name, "matcha") for name in "abc"), icecream("mixed", "vanilla", "matcha")], "a b c")


def test_what_is_oversold_takes_up_nothing() -> None:
    matcha, vanilla = [icecream(name, "matcha") for name in "abc"], [icecream(name, "vanilla") for name in "efg"]
    assert_sold([*matcha, icecream("d", "matcha", "vanilla"), *vanilla], "a b c e f g")


def test_whoever_came_first_is_first_and_not_whoever_is_first_in_the_list() -> None:
    newest = icecream("a", "matcha", created=2)
    assert_sold([newest, *(icecream(name, "matcha", created=1) for name in "bcd")], "b c d")


def test_of_those_that_came_in_the_same_second_the_name_decides() -> None:
    assert_sold([icecream(name, "matcha") for name in "dbca"], "a b c")


def test_what_is_being_deleted_takes_up_nothing_and_is_not_judged() -> None:
    leaving = [icecream(name, "matcha", deleting=True) for name in "abc"]
    assert_sold([*leaving, icecream("d", "matcha")], "d")


def test_what_has_no_flavour_is_not_judged() -> None:
    verdicts = decided([icecream("a"), icecream("b", "matcha")])
    if set(verdicts) != {"b"}:
        raise CheckFailedError(
            expected="a verdict on b, and none on a, which has no flavour: its spec is from before the schema",
            seen=f"verdicts on {' '.join(sorted(verdicts)) or 'nobody'}",
            look=QUOTA,
        )


def test_sold_out_is_said_of_each_that_has_a_flavour_with_none_left() -> None:
    matcha = [icecream(name, "matcha") for name in "abcd"]
    verdicts = decided([*matcha, icecream("v", "vanilla"), icecream("w", "vanilla", "matcha")])
    seen = "".join(sorted(name for name, verdict in verdicts.items() if verdict.sold_out))
    if seen != "abcdw":
        raise CheckFailedError(
            expected="sold_out of a, b, c, d and w, and not of v, where a to d are matcha, v is vanilla, and w is both",
            seen=f"sold_out of {', '.join(seen) or 'nobody'}",
            look=QUOTA,
        )


def test_the_verdict_says_what_was_full_and_who_was_before() -> None:
    verdict = decided([*(icecream(name, "matcha") for name in "abc"), icecream("d", "vanilla", "matcha")])["d"]
    if (verdict.full, sorted(verdict.before)) != ("matcha", ["a", "b", "c"]):
        raise CheckFailedError(
            expected="of d, for whom matcha was full: full 'matcha', and before a, b and c",
            seen=f"full {verdict.full!r}, before {verdict.before}",
            look=QUOTA,
        )


def test_of_several_flavours_that_are_full_the_first_one_is_named() -> None:
    others = [*(icecream(name, "matcha") for name in "abc"), *(icecream(name, "vanilla") for name in "efg")]
    full = decided([*others, icecream("z", "vanilla", "matcha")])["z"].full
    if full != "vanilla":
        raise CheckFailedError(
            expected="of z, a vanilla and matcha, where both are full: full 'vanilla', the first of its flavours",
            seen=f"full {full!r}",
            look=QUOTA,
        )


# Exercise 2: the status as it should be.

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
IS_SOLD = Verdict(sold=True, sold_out=False)


def wanted(icecream: Icecream, verdict: Verdict | None) -> dict[str, Any]:
    """The status that `wanted` wants."""
    fields = status.wanted(icecream, verdict, status.ready(icecream, verdict), NOW)
    return returned(fields, "wanted to return the fields of the status, a dict", STATUS)


def assert_wanted(subject: str, seen: dict[str, Any], expected: dict[str, Any]) -> None:
    """Check some fields of a status."""
    fields = {field: seen[field] for field in expected if field in seen}
    if fields != expected:
        raise CheckFailedError(
            expected=f"of {subject}: {expected}",
            seen=f"the status {seen}",
            look=STATUS,
        )


def test_a_flavour_that_is_not_sold_out_is_said_and_not_left_out() -> None:
    assert_wanted("one that is sold", wanted(icecream("a", "matcha"), IS_SOLD), {"soldOut": False, "toppingsCount": 0})


def test_the_status_counts_the_toppings_and_says_which_wish_it_answers() -> None:
    third_wish = icecream("a", "matcha", topping=["cream", "cream", "nuts"], generation=3)
    seen = wanted(third_wish, Verdict(sold=True, sold_out=True))
    assert_wanted(
        "a third wish, and Verdict(sold=True, sold_out=True)",
        seen,
        {"soldOut": True, "toppingsCount": 3, "observedGeneration": 3},
    )


def test_the_conditions_of_others_stay_and_ready_keeps_its_time() -> None:
    since = {"lastTransitionTime": "2026-01-01T00:00:00Z", "message": "as before"}
    tasty = {"type": "Tasty", "status": "True", "reason": "Tasted", **since}
    ready = {"type": "Ready", "status": "True", "reason": "Sold", **since}
    now = wanted(icecream("a", "matcha", status={"conditions": [tasty, ready]}), IS_SOLD).get("conditions", [])
    by_type = {condition["type"]: condition for condition in now if isinstance(condition, dict)}
    if by_type.get("Tasty") != tasty or by_type.get("Ready", {}).get("lastTransitionTime") != "2026-01-01T00:00:00Z":
        raise CheckFailedError(
            expected="the condition Tasty, which somebody else wrote, to stay, and Ready, which was True before, to "
            "keep its lastTransitionTime of 00:00:00",
            seen=f"conditions: {now}",
            look=f"{STATUS}: what does reconciling.conditions.set_condition take?",
        )


def test_a_spec_from_before_the_schema_gets_a_status_that_says_so() -> None:
    old = parse({**BODY, "spec": {"flavour": "vanilla"}})
    seen = wanted(old, None)
    reasons = [condition.get("reason") for condition in seen.get("conditions", []) if isinstance(condition, dict)]
    if seen.get("soldOut") is not False or reasons != ["InvalidSpec"]:
        raise CheckFailedError(
            expected="of a spec that can't be judged: soldOut False, and one condition, of the reason InvalidSpec",
            seen=f"the status {seen}",
            look=STATUS,
        )


# Exercise 3: an event, and whom to look at because of it. The work queue only writes down here.

DELETED_AT = "2026-01-01T00:01:00Z"
BODY: dict[str, Any] = {
    "metadata": {
        "name": "a",
        "uid": "uid-a",
        "resourceVersion": "1",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
}


class Keys(WorkQueue[Any]):
    """A work queue that nobody works on."""

    def __init__(self) -> None:
        super().__init__(lambda _: 0, cast(Any, None))
        self.added: set[Any] = set()

    def add(self, key: Any) -> None:
        self.added.add(key)

    def add_after(self, key: Any, _seconds: float) -> None:
        self.added.add(key)


class Recorded(WorkQueue[Event]):
    """The queue of Events, which keeps each that is recorded."""

    def __init__(self) -> None:
        super().__init__(lambda _: 0, cast(Any, None))
        self.events: list[Event] = []

    def add(self, key: Event) -> None:
        self.events.append(key)


class Stored(Icecreams):
    """The icecreams as an API server has them. It takes a status with the latest resourceVersion, or with none."""

    def __init__(self) -> None:
        super().__init__(cast(Any, None))
        self.invalid = False
        self.version = 0
        self.bodies: dict[str, dict[str, Any]] = {}
        self.taken: list[Mapping[str, Any]] = []
        self.refused: list[Mapping[str, Any]] = []

    def store(self, name: str, *flavours: str, **metadata: Any) -> None:
        self.version += 1
        self.bodies[name] = {**self.bodies.get(name, {}), **body(name, self.version, *flavours, **metadata)}

    async def read(self, name: str) -> Icecream:
        return parse(self._find("reading the icecream", name))

    async def patch_status(self, name: str, patch: Mapping[str, Any]) -> Icecream:
        stored = self._find("writing the status", name)
        if self.invalid:
            raise Refused("writing the status: it is invalid (HTTP 422)")
        if patch.get("metadata", {}).get("resourceVersion", latest := stored["metadata"]["resourceVersion"]) != latest:
            self.refused.append(patch)
            raise Conflict("writing the status: the object has been modified (HTTP 409)")
        self.taken.append(patch)
        self.version += 1
        metadata = {**stored["metadata"], "resourceVersion": str(self.version)}
        self.bodies[name] = {**stored, "metadata": metadata, "status": {**stored.get("status", {}), **patch["status"]}}
        return parse(self.bodies[name])

    def _find(self, action: str, name: str) -> dict[str, Any]:
        if name not in self.bodies:
            raise NotFound(f'{action}: icecreams "{name}" not found (HTTP 404)')
        return self.bodies[name]


def all_awaited() -> AbstractContextManager[None]:
    return awaited.all_awaited(
        "each coroutine to be awaited, and on_event to be none: nobody waits for it",
        lambda file, line: ON_EVENT if file == __file__ else f"icecream_operator/reconciler.py, line {line}",
    )


class Watched:
    """A reconciler that has listed some icecreams, and hears what happens to them."""

    def __init__(self, **flavours: str) -> None:
        self._keys = Keys()
        self.stored = Stored()
        self.reconciliations: list[Reconciliation] = []
        self.obstacle: Condition | None = None
        self.recorded = Recorded()
        events = EventRecorder(self.recorded, cast(Any, None), "", "", lambda: NOW)
        self._reconciler = Reconciler(self._keys, self.stored, events, (self._step,), lambda: NOW)
        for name, of in flavours.items():
            self.stored.store(name, *of.split())
        self._reconciler.on_list(self.stored.bodies.values(), str(self.stored.version))
        self._keys.added.clear()

    async def _step(self, reconciliation: Reconciliation) -> StepResult:
        self.reconciliations.append(reconciliation)
        reconciliation.obstacle = self.obstacle
        return StepResult.CONTINUE

    @property
    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts that it keeps."""
        return self._reconciler._verdicts  # noqa: SLF001

    def change(self, name: str, *flavours: str, **metadata: Any) -> None:
        """Order or change an icecream, of which the reconciler doesn't hear yet."""
        self.stored.store(name, *(flavours or self.stored.bodies[name]["spec"]["flavour"]), **metadata)

    def hear(self, kind: str, name: str, *flavours: str, **metadata: str) -> None:
        """The same, and it hears of it."""
        self.change(name, *flavours, **metadata)
        self.hear_again(kind, name)

    def hear_again(self, kind: str, name: str) -> None:
        """An event that says how an icecream is. Who is looked at because of it is in the queue."""
        self._keys.added.clear()
        with all_awaited():
            self._reconciler.on_event(kind, self.stored.bodies[name])

    def reconcile(self, name: str) -> None:
        """Have one looked at. Who comes back afterwards is in the queue."""
        self._keys.added.clear()
        with all_awaited():
            try:
                RUNNER.run(self._reconciler.reconcile(name))
            except Retry:
                self._keys.add(name)

    def assert_looks_at(self, what: str, names: str, *, but_not: str = "", look: str = ON_EVENT) -> None:
        """Check who is in the queue."""
        added = self._keys.added
        if not set(names.split()) <= added or added & set(but_not.split()):
            others = f", and not: {but_not}" if but_not else ""
            raise CheckFailedError(
                expected=f"{what}, to have these looked at: {names or 'nobody'}{others}",
                seen=f"in the work queue: {' '.join(sorted(added)) or 'nobody'}",
                look=look,
            )


def body(name: str, version: int, *flavours: str, **more: Any) -> dict[str, Any]:
    """An icecream as the API server sends it; `more` is in its metadata."""
    metadata = {**BODY["metadata"], "name": name, "uid": f"uid-{name}", "resourceVersion": str(version), **more}
    return {"metadata": metadata, "spec": {"flavour": list(flavours)}}


def test_an_order_is_looked_at_and_those_of_other_flavours_are_not() -> None:
    shop = Watched(a="matcha", v="vanilla")
    shop.hear("ADDED", "b", "matcha")
    shop.assert_looks_at("an order b of matcha", "b", but_not="v")


def test_the_siblings_are_looked_at_when_a_flavour_is_sold_out() -> None:
    shop = Watched(a="matcha", b="matcha vanilla", v="vanilla")
    shop.hear("ADDED", "c", "matcha")
    shop.assert_looks_at("the order c, which takes the last matcha", "a b c")


def test_the_siblings_are_looked_at_when_a_place_becomes_free() -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha", d="matcha", v="vanilla")
    shop.hear("DELETED", "a")
    shop.assert_looks_at("the end of a, after which d is sold", "d", but_not="v")
    shop = Watched(a="matcha", b="matcha", c="matcha")
    shop.hear("DELETED", "a")
    shop.assert_looks_at("the end of a, after which matcha is no longer sold out", "b c")


def test_a_change_of_flavour_concerns_the_old_one_and_the_new_one() -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha", v="vanilla", w="vanilla")
    shop.hear("MODIFIED", "a", "vanilla")
    shop.assert_looks_at("the change of a from matcha to vanilla, which takes the last one", "a b c v w")


def test_what_is_known_already_is_no_reason_to_look_again() -> None:
    shop = Watched(a="matcha", b="matcha")
    shop.hear_again("ADDED", "a")
    shop.assert_looks_at("an event that says what the list has said", "", but_not="a b")


def test_before_the_first_complete_list_nothing_is_decided() -> None:
    keys, unused = Keys(), (cast(Icecreams, None), cast(EventRecorder, None))
    reconciler = Reconciler(keys, *unused, (), lambda: NOW)
    reconciler.on_event("ADDED", body("a", 1, "matcha"))
    if keys.added or reconciler._verdicts:  # noqa: SLF001
        raise CheckFailedError(
            expected="an event that comes before the first complete list to be left alone: the list will say it all",
            seen=f"in the work queue: {' '.join(keys.added) or 'nobody'}; in _verdicts: "
            f"{', '.join(reconciler._verdicts) or 'nobody'}",  # noqa: SLF001
            look=f"{ON_EVENT}: cache.synced",
        )


def test_a_change_that_leaves_the_flavours_alone_concerns_nobody_else() -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha")
    shop.hear("MODIFIED", "a")
    shop.assert_looks_at("a change of a that isn't one of its flavours", "a", but_not="b c")


def test_a_sibling_whose_verdict_stays_the_same_is_left_alone() -> None:
    shop = Watched(a="matcha")
    shop.hear("ADDED", "b", "matcha")
    shop.assert_looks_at("the second order of matcha, which leaves a as it was", "b", but_not="a")


def test_a_change_that_leaves_the_flavours_alone_leaves_the_verdict() -> None:
    shop = Watched(a="matcha")
    before = shop.verdicts["a"]
    shop.hear("MODIFIED", "a")
    if shop.verdicts.get("a") != before:
        raise CheckFailedError(
            expected=f"the verdict on a to stay when something else of it has changed: {before}",
            seen=f"in _verdicts: {shop.verdicts or 'nothing'}",
            look=f"{ON_EVENT}: what happens to a verdict if there is no flavour to be decided anew?",
        )


def test_the_verdicts_on_other_flavours_are_kept() -> None:
    shop = Watched(a="matcha", v="vanilla")
    shop.hear("ADDED", "b", "matcha")
    if set(shop.verdicts) != {"a", "b", "v"}:
        raise CheckFailedError(
            expected="verdicts on a and v as before, and on b, which has just come",
            seen=f"in _verdicts: {', '.join(sorted(shop.verdicts)) or 'nobody'}",
            look=f"{ON_EVENT}: are the new verdicts put to the others, or in their place?",
        )


@pytest.mark.parametrize(
    ("kind", "metadata"), [("DELETED", {}), ("MODIFIED", {"deletionTimestamp": DELETED_AT})], ids=["gone", "on its way"]
)
def test_what_is_gone_or_being_deleted_loses_its_verdict(kind: str, metadata: dict[str, str]) -> None:
    shop = Watched(a="matcha", b="matcha")
    shop.hear(kind, "a", **metadata)
    if set(shop.verdicts) != {"b"}:
        raise CheckFailedError(
            expected="a verdict on b, and none any more on a, which is gone or on its way",
            seen=f"in _verdicts: {', '.join(sorted(shop.verdicts)) or 'nobody'}",
            look=f"{ON_EVENT}: what becomes of the old verdict?",
        )


def test_what_is_being_deleted_is_looked_at_too() -> None:
    shop = Watched(a="matcha", b="matcha")
    shop.hear("MODIFIED", "a", deletionTimestamp=DELETED_AT)
    shop.assert_looks_at("a, which is being deleted now: a step of a later lesson cleans up then", "a")


def test_only_what_hangs_together_is_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    decide, judged = quota.decide, set[str]()

    def watched(icecreams: Iterable[Icecream]) -> dict[str, Verdict]:
        given = list(icecreams)
        judged.update(icecream.name for icecream in given)
        return decide(given)

    shop = Watched(a="matcha", b="matcha vanilla", v="vanilla", x="lemon", y="mango")
    monkeypatch.setattr(quota, "decide", watched)
    shop.hear("ADDED", "c", "matcha")
    if judged & {"x", "y"}:
        raise CheckFailedError(
            expected="decide to be given a, b, c and v, which hang together by matcha and vanilla, and nobody else",
            seen=f"it was given {', '.join(sorted(judged))}",
            look=f"{ON_EVENT}: what does cache.connected give?",
        )


# Exercise 4: the reconcile. First by itself: what it hands to the steps, what it writes, and when it comes back.


def test_a_write_says_which_state_it_was_decided_for() -> None:
    shop = Watched(a="matcha")
    shop.change("a", "vanilla")
    shop.reconcile("a")
    if shop.stored.taken:
        raise CheckFailedError(
            expected="the write to carry resourceVersion 1, that of the icecream it was decided for, and so to be\n"
            "refused: somebody has just changed a, which is at 2 now, and the event hasn't come yet",
            seen=f"written all the same, with {shop.stored.taken[0].get('metadata', 'no metadata')}",
            look=f"{RECONCILE}: status_patch takes the resourceVersion that was seen",
        )


def test_a_write_that_comes_too_late_is_decided_anew() -> None:
    shop = Watched(a="matcha")
    shop.change("a", "vanilla")
    shop.reconcile("a")
    if shop.stored.refused:
        shop.assert_looks_at(
            "a, whose status was refused (HTTP 409 Conflict), to come back: by Retry, which a Conflict is",
            "a",
            look=f"{RECONCILE}: which exceptions end there?",
        )


def test_its_own_write_is_no_news() -> None:
    shop = Watched(a="matcha")
    shop.reconcile("a")
    shop.reconcile("a")
    stored = shop.stored
    if len(stored.taken) != 1 or stored.refused:
        raise CheckFailedError(
            expected="one write, though a is looked at twice before the event of that write has come",
            seen="\n".join(
                [f"written: {', '.join(patch['status'])}" for patch in stored.taken]
                + [f"refused (HTTP 409), with {patch['metadata']}" for patch in stored.refused]
            )
            or "no write",
            look=f"{RECONCILE}: what becomes of the answer to the write?"
            if stored.refused
            else f"{RECONCILE}: what is compared before it writes?",
        )


def test_what_is_being_deleted_gets_no_status() -> None:
    shop = Watched(a="matcha")
    shop.hear("MODIFIED", "a", deletionTimestamp=DELETED_AT)
    shop.reconcile("a")
    if shop.stored.taken:
        raise CheckFailedError(
            expected="no write to a, which is being deleted",
            seen=f"written: {', '.join(shop.stored.taken[0]['status'])}",
            look=f"{RECONCILE}: icecream.deleting",
        )


def test_what_is_gone_by_the_time_of_the_write_is_no_error() -> None:
    shop = Watched(a="matcha")
    del shop.stored.bodies["a"]
    try:
        shop.reconcile("a")
    except NotFound as error:
        raise CheckFailedError(
            expected="nothing more to be done for a, which is gone by the time of the write",
            seen=f"it ends with NotFound: {error}",
            look=f"{RECONCILE}; reconciling/errors.py, NotFound",
        ) from None


def test_an_event_is_recorded_about_what_is_not_sold_and_about_nothing_else() -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha", d="matcha")
    shop.reconcile("a")
    of_a = len(shop.recorded.events)
    shop.reconcile("d")
    if (of_a, len(shop.recorded.events)) != (0, 1):
        raise CheckFailedError(
            expected="no Event about a, which is sold, and one about d, which is not",
            seen=f"{of_a} about a, {len(shop.recorded.events) - of_a} about d",
            look=f"{RECONCILE}: when does it record an Event?",
        )


def test_an_event_is_recorded_when_that_begins_and_not_at_each_write() -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha", d="matcha")
    shop.reconcile("d")
    shop.change("d", generation=2)
    shop.hear_again("MODIFIED", "d")
    shop.reconcile("d")
    events = [event for event in shop.recorded.events if event.reason == "Oversold"]
    if len(shop.stored.taken) == 2 and len(events) > 1:
        raise CheckFailedError(
            expected="one Event about d when it begins to be oversold, and none when its next wish has the same answer",
            seen=f"{len(events)} Events after two writes",
            look=f"{RECONCILE}: did the status say so before?",
        )


@pytest.mark.parametrize("invalid", [False, True], ids=["in a conflict", "refused"])
def test_no_event_is_recorded_where_nothing_was_written(invalid: bool) -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha", d="matcha")
    shop.change("d", generation=2)
    shop.stored.invalid = invalid
    with contextlib.suppress(Refused):
        shop.reconcile("d")
    if not shop.stored.taken and shop.recorded.events:
        raise CheckFailedError(
            expected="no Event about d as long as its status can't be written: the next try records it",
            seen=f"{len(shop.recorded.events)} Event, and no write",
            look=f"{RECONCILE}: what comes first, the write or the Event?",
        )


def test_an_event_says_that_the_action_was_a_mark() -> None:
    shop = Watched(a="matcha", b="matcha", c="matcha", d="matcha")
    shop.reconcile("d")
    for event in shop.recorded.events:
        if (event.type, event.action, event.reason) != ("Warning", "Mark", "Oversold"):
            raise CheckFailedError(
                expected="the Event about d to be a Warning, its action Mark, its reason the condition's, Oversold",
                seen=f"type {event.type}, action {event.action}, reason {event.reason}",
                look=f"{RECONCILE}; reconciling/events.py, record",
            )


def test_a_write_that_is_refused_is_final() -> None:
    shop = Watched(a="matcha")
    shop.stored.invalid = True
    try:
        shop.reconcile("a")
    except Refused as error:
        raise CheckFailedError(
            expected="nothing more to be done for a, whose status is refused however often it is sent",
            seen=f"it ends with Refused: {error}",
            look=f"{RECONCILE}; reconciling/errors.py, Refused",
        ) from None
    shop.assert_looks_at(
        "a status that is refused (HTTP 422)", "", but_not="a", look=f"{RECONCILE}; reconciling/errors.py, Refused"
    )


def test_the_obstacle_that_a_step_finds_is_what_ready_says() -> None:
    shop = Watched(a="matcha")
    shop.obstacle = Condition("Ready", False, "OutOfStock", "there is no matcha today")
    shop.reconcile("a")
    written = [
        condition["reason"] for patch in shop.stored.taken for condition in patch["status"].get("conditions", ())
    ]
    if written and written != ["OutOfStock"]:
        raise CheckFailedError(
            expected="Ready to say what a step has put into reconciliation.obstacle: OutOfStock",
            seen=f"the reason {', '.join(written)}",
            look=f"{RECONCILE}: where does the condition Ready come from?",
        )


def test_what_is_being_deleted_goes_through_the_steps() -> None:
    shop = Watched(a="matcha")
    shop.hear("MODIFIED", "a", deletionTimestamp=DELETED_AT)
    shop.reconcile("a")
    if not shop.reconciliations:
        raise CheckFailedError(
            expected="the steps to be taken for a, which is being deleted: one of a later lesson cleans up then",
            seen="no step was called",
            look=RECONCILE,
        )


# From here on your operator runs on a real API server. First it marks what is oversold.


@pytest.fixture(scope="module")
def shop(opened: Shop, request: pytest.FixtureRequest) -> Shop:
    """The shop, once the operator is there and the first orders are at least a second old.

    Built of parts that are wrong, an operator fails by race, now here and now there: then it isn't run.
    """
    if request.session.testsfailed:
        raise NotRunError("the operator is run once its parts are right")
    opened.settle(look=RECONCILE)
    eventually(lambda: assert_later_than_first(opened), within=10)
    return opened


def assert_later_than_first(shop: Shop) -> None:
    """Whoever orders now came later than the first ones, by the API server's clock, which counts in seconds."""
    now = shop.cluster.kubectl("create", "--dry-run=server", "-o", "json", "-f", f"{SAMPLES}/toomuch.yaml")
    first = shop.icecreams.read(list(FIRST)[-1])
    assert first
    assert json.loads(now)["metadata"]["creationTimestamp"] > first["metadata"]["creationTimestamp"]


def test_what_was_ordered_before_the_operator_came_is_served(shop: Shop) -> None:
    served = {"soldOut": False, "toppingsCount": 0, "observedGeneration": 1, "Ready": SOLD}
    shop.expect("the operator to write the status of what was there before it", {"early": served}, look=RECONCILE)


def test_the_status_of_the_sample_appears(shop: Shop) -> None:
    shop.cluster.kubectl("apply", "-f", f"{SAMPLES}/toomuch.yaml")
    served = {"soldOut": False, "toppingsCount": 3, "observedGeneration": 1, "Ready": SOLD}
    shop.expect("the sample of the lecture to be served", {"toomuch": served}, look=RECONCILE)


def test_a_new_wish_is_answered(shop: Shop) -> None:
    shop.order("wish", "wish", topping=["cream"])
    shop.expect("an order to be served", {"wish": {"toppingsCount": 1, "observedGeneration": 1}}, look=RECONCILE)
    shop.change("wish", topping=["cream", "nuts"])
    answered = {"toppingsCount": 2, "observedGeneration": 2}
    shop.expect("the change of a topping to be answered", {"wish": answered}, look=RECONCILE)


def test_an_order_and_a_label_cost_one_write(shop: Shop) -> None:
    shop.order("one-write", "one-write")
    shop.expect("an order to be served", {"one-write": {"Ready": SOLD}}, look=RECONCILE)
    shop.cluster.kubectl("label", "icecream", "one-write", "table=7")
    shop.settle(look=RECONCILE)
    writes = [write for write in shop.writes("one-write") if write.resource == "icecreams/status"]
    if len(writes) != 1:
        raise CheckFailedError(
            expected="one write of the status for one order, and none for its label, which changes nothing",
            seen="\n".join(map(str, writes)) or "none",
            look=f"{RECONCILE}: what is compared before it writes?",
        )


def test_a_write_that_fails_is_tried_again(shop: Shop) -> None:
    with shop.forbidden("patch", "icecreams/status"):
        shop.order("failing", "failing")
        shop.expect_that(
            "the operator to try to write the status",
            lambda: "" if shop.writes("failing") else "it has not tried",
            names=["failing"],
            look=RECONCILE,
        )
    shop.expect(
        "a status that couldn't be written at first (HTTP 403) to be written once it can",
        {"failing": {"Ready": SOLD}},
        look=f"{RECONCILE}: which exceptions end there? reconciling/controller.py says what becomes of Retry",
    )


def test_the_siblings_are_told_that_a_flavour_is_sold_out_and_that_it_no_longer_is(shop: Shop) -> None:
    shop.order("sibling-3", "sibling")
    shop.expect(
        "the siblings to be told that their flavour is sold out",
        {**{f"sibling-{number}": {"soldOut": True} for number in (1, 2, 3)}, "other": {"soldOut": False}},
        look=f"{ON_EVENT}: who is put in the queue?",
    )
    shop.cancel("sibling-1")
    shop.expect(
        "the siblings to be told that there is some again",
        {"sibling-1": GONE, "sibling-2": {"soldOut": False}, "sibling-3": {"soldOut": False}},
        look=f"{ON_EVENT}: who is put in the queue?",
    )


def test_the_newest_is_one_too_many_and_not_the_last_of_the_list(shop: Shop) -> None:
    shop.order("newest-a", "newest")
    wanted = {"newest-a": OVERSOLD, "newest-b": SOLD, "newest-c": SOLD, "newest-d": SOLD}
    shop.expect(
        "the one that came last to be marked",
        {name: {"Ready": ready} for name, ready in wanted.items()},
        look=f"{QUOTA}: in which order?",
    )


def test_a_place_that_becomes_free_goes_to_the_next(shop: Shop) -> None:
    shop.order("place-4", "place")
    shop.expect("the fourth of a flavour to be marked", {"place-4": {"Ready": OVERSOLD}}, look=RECONCILE)
    shop.cancel("place-1")
    shop.expect(
        "the one that was marked to be sold, now that there is a place",
        {"place-4": {"Ready": SOLD, "soldOut": True}},
        look=f"{ON_EVENT}: who is put in the queue when one is deleted?",
    )


def test_who_takes_another_flavour_makes_room(shop: Shop) -> None:
    shop.order("change-4", "change")
    shop.expect("the fourth of a flavour to be marked", {"change-4": {"Ready": OVERSOLD}}, look=RECONCILE)
    shop.change("change-1", flavour=["changed"])
    shop.expect(
        "the one that was marked to be sold, now that the first one takes another flavour",
        {"change-4": {"Ready": SOLD}},
        look=f"{ON_EVENT}: which flavours have to be decided anew?",
    )


def test_with_mark_what_is_one_too_many_stays_and_applying_it_again_changes_nothing(shop: Shop) -> None:
    four = ("apply", "--server-side", "-f", f"{SAMPLES}/four-of-a-flavour.yaml")
    shop.cluster.kubectl(*four)
    shop.expect(
        "the fourth to stay, and to say that it is one too many",
        {"chocolate-3": {"Ready": SOLD}, "chocolate-4": {"Ready": OVERSOLD, "soldOut": True}},
        look=RECONCILE,
    )
    note = "chocolate is sold out: 3 were before this one"
    shop.expect_that(
        f"an Event about chocolate-4: Oversold, {note}",
        lambda: "" if ("Oversold", note) in shop.events("chocolate-4") else f"Events: {shop.events('chocolate-4')}",
        names=["chocolate-4"],
        look=f"{RECONCILE}: when does it record an Event?",
    )
    shop.settle(look=RECONCILE)
    before = len(shop.writes())
    shop.cluster.kubectl(*four)
    shop.settle(look=RECONCILE)
    assert_no_writes(shop.writes()[before:], "a GitOps controller that applies the same again to cause no write")


# Then it is killed, and much happens while it is down. The next one evicts.


@pytest.fixture(scope="module")
def proxy(shop: Shop) -> Iterator[FaultInjector]:
    """Stands between the operator and the API server; it can hold back what the operator watches."""
    with faults.running(shop.identity) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def restarted(shop: Shop, proxy: FaultInjector) -> Iterator[Shop]:
    """The shop after a crash. One was cancelled, and two were ordered in the meantime."""
    shop.kill_operator()
    shop.cancel("down-1")
    shop.order("down-4", "down")
    shop.order("down-5", "down")
    with shop.operator("--on-oversell=evict", kubeconfig=proxy.kubeconfig):
        yield shop


def test_what_happened_while_it_was_down_is_made_up_for(restarted: Shop) -> None:
    sold = {"Ready": SOLD, "soldOut": True}
    restarted.expect(
        "one place for the two that were ordered while the operator was down, and so one of them to be evicted",
        {"down-2": sold, "down-3": sold, "down-4": sold, "down-5": GONE},
        look=f"{RECONCILE}: does it take the steps? And what does it count, objects or events?",
    )


def test_a_restart_writes_nothing_where_nothing_has_changed(restarted: Shop) -> None:
    restarted.settle(look=RECONCILE)
    assert_no_writes(
        restarted.writes("early", "evict-1", "newest-b", "other", "place-2", "down-2"),
        "no write for an icecream whose status is right already",
    )


def test_the_fourth_is_evicted_each_time_it_comes_and_an_event_says_why(restarted: Shop) -> None:
    sold = {"Ready": SOLD, "soldOut": True}
    wanted = {"evict-1": sold, "evict-2": sold, "evict-3": sold, "evict-4": GONE}

    def evictions() -> list[tuple[str, str]]:
        return [(reason, note.partition(":")[0]) for reason, note in restarted.events("evict-4")]

    for times in (1, 2):
        restarted.order("evict-4", "evict")
        restarted.expect("the fourth of a flavour to be evicted", wanted, look=RECONCILE)
        events = [("Evicted", "evict is sold out")] * times
        restarted.expect_that(
            f"an Event about each eviction: {events}",
            lambda events=events: "" if evictions() == events else f"Events: {evictions()}",  # type: ignore[misc]
            names=["evict-4"],
            look="icecream_operator/eviction.py",
        )


def test_what_was_evicted_is_left_alone(restarted: Shop) -> None:
    restarted.order("gone-1", "evict")
    restarted.expect("the fourth of a flavour to be evicted", {"gone-1": GONE}, look=RECONCILE)
    restarted.settle(look=RECONCILE)
    assert_no_writes(
        [write for write in restarted.writes("gone-1") if write.resource != "icecreams"],
        "nothing to be written to what has been evicted",
    )


def test_only_what_was_judged_is_evicted_and_not_another_of_its_name(restarted: Shop) -> None:
    restarted.order("judged", "evict")
    restarted.expect("the fourth of a flavour to be evicted", {"judged": GONE}, look=RECONCILE)
    restarted.settle(look=RECONCILE)
    conditions = [write.body.get("preconditions", {}) for write in restarted.writes("judged") if write.verb == "delete"]
    if not all(set(names) == {"uid", "resourceVersion"} for names in conditions):
        raise CheckFailedError(
            expected="the delete to name uid and resourceVersion of what was judged, as its preconditions",
            seen=f"preconditions: {json.dumps(conditions)}",
            look="icecream_operator/client.py, delete",
        )


def test_nobody_is_evicted_on_a_stale_cache(restarted: Shop, proxy: FaultInjector) -> None:
    with contextlib.ExitStack() as behind:
        with restarted.forbidden("delete", "icecreams"):
            restarted.order("stale-4", "stale")
            expect_tries(restarted, since=0)
            behind.enter_context(proxy.watches_held())
            restarted.icecreams.patch("stale-1", {"metadata": {"finalizers": None}})  # those of the lesson after this
            restarted.cancel("stale-1")
            expect_tries(restarted, since=len(restarted.requests()))
            since = len(restarted.requests())
        expect_tries(restarted, since=since, allowed=True)
    restarted.expect(
        "the fourth to be kept, since the first was cancelled before the operator could evict it",
        {"stale-4": {"Ready": SOLD}},
        look="icecream_operator/eviction.py: what does it ask before it deletes?",
    )


def expect_tries(shop: Shop, since: int, *, allowed: bool = False) -> None:
    """Wait until the operator has tried to evict stale-4 and has seen why it can't, or must not, all after `since`.

    If it is `allowed` to by then, it may also have evicted it; what it wasn't allowed before is no try.
    """

    def difference() -> str:
        requests = [request for request in shop.requests()[since:] if request.name.startswith("stale-")]
        asked = [(request.verb, request.name, request.code) for request in requests]
        deletes = [code for verb, name, code in asked if (verb, name) == ("delete", "stale-4")]
        tried = 200 in deletes or ("get", "stale-1", 404) in asked or (len(deletes) > 1 and not allowed)
        lines = [f"it has asked for: {request}" for request in requests[-5:]]
        return "" if tried else "\n".join(lines) or "it has asked for nothing about stale-1 to stale-4"

    what = "the operator to try to evict the fourth of a flavour, and to try again if it is not allowed to"
    shop.expect_that(what, difference, names=["stale-1", "stale-4"], look=RECONCILE, within=20)


def assert_no_writes(writes: list[AuditedRequest], expected: str) -> None:
    """Check that the operator was quiet."""
    if writes:
        raise CheckFailedError(expected=expected, seen="\n".join(map(str, writes)), look=RECONCILE)


def test_no_reconcile_ends_unexpectedly(restarted: Shop) -> None:
    restarted.settle(look=RECONCILE)
    if error := restarted.last_error() or restarted.error_before:
        raise CheckFailedError(
            expected="no reconcile to end with an exception but Retry: an icecream that is gone is nothing unexpected",
            seen=f"the operator fails: {error.message}",
            look=error.place,
        )
