"""What the API server can't be made to do on demand: answers that come late, or not, and a cache that is behind.

Its place is taken by a small one in memory.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from icecream_operator.client import Icecreams
from icecream_operator.eviction import Eviction
from icecream_operator.icecream import Icecream, parse
from icecream_operator.reconciler import Reconciler
from icecream_operator.reconciliation import Reconciliation, Step, StepResult
from reconciling.conditions import Condition
from reconciling.errors import Conflict, NotFound, Refused, Retry
from reconciling.events import EventRecorder, Regarding
from reconciling.workqueue import WorkQueue


class ApiServer:
    """Stores icecreams, counts writes, refuses what an API server refuses, and raises `failure` if it is set."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.version = 0
        self.patched: list[str] = []
        self.deleted: list[str] = []
        self.events: list[tuple[str, str]] = []
        self.failure: Exception | None = None
        self.deleting_now = 0
        self.most_deletions_at_once = 0

    def create(self, name: str, *flavours: str) -> dict[str, Any]:
        self.version += 1
        metadata = {"name": name, "uid": f"uid-{self.version}", "resourceVersion": str(self.version), "generation": 1}
        metadata["creationTimestamp"] = "2026-01-01T00:00:00Z"
        self.stored[name] = {"metadata": metadata, "spec": {"flavour": list(flavours)}}
        return self.stored[name]

    async def read(self, name: str) -> Icecream:
        await asyncio.sleep(0)
        if name not in self.stored:
            raise NotFound(name)
        return parse(self.stored[name])

    async def list(self) -> list[Icecream]:
        await asyncio.sleep(0)
        return [parse(body) for body in self.stored.values()]

    async def patch_status(self, name: str, patch: Mapping[str, Any]) -> Icecream:
        await asyncio.sleep(0)
        self._check(name, patch["metadata"]["resourceVersion"])
        self.version += 1
        body = self.stored[name]
        metadata = body["metadata"] | {"resourceVersion": str(self.version)}
        self.stored[name] = body | {"metadata": metadata, "status": body.get("status", {}) | patch["status"]}
        self.patched.append(name)
        return parse(self.stored[name])

    async def delete(self, icecream: Icecream) -> None:
        self.deleting_now += 1
        self.most_deletions_at_once = max(self.most_deletions_at_once, self.deleting_now)
        await asyncio.sleep(0)
        self.deleting_now -= 1
        self._check(icecream.name, str(icecream.resource_version))
        del self.stored[icecream.name]
        self.deleted.append(icecream.name)

    def record(self, regarding: Regarding, _kind: str, reason: str, _action: str, _note: str) -> None:
        self.events.append((regarding.name, reason))

    def _check(self, name: str, resource_version: str) -> None:
        if self.failure:
            raise self.failure
        if name not in self.stored:
            raise NotFound(name)
        if self.stored[name]["metadata"]["resourceVersion"] != resource_version:
            raise Conflict(name)


class Operator:
    """The reconciler with that API server, and a queue that a test empties itself."""

    def __init__(self, *more_steps: Step, on_oversell: Any = "evict") -> None:
        self.api = ApiServer()
        icecreams, events = cast(Icecreams, self.api), cast(EventRecorder, self.api)
        self.queue: WorkQueue[str] = WorkQueue(lambda _: 0, asyncio.get_running_loop().call_later)
        eviction = (Eviction(icecreams, events),) if on_oversell == "evict" else ()
        all_steps = (*more_steps, *eviction)
        self.reconciler = Reconciler(self.queue, icecreams, events, all_steps, lambda: datetime(2026, 1, 1, tzinfo=UTC))

    def list(self) -> None:
        self.reconciler.on_list(self.api.stored.values(), str(self.api.version))

    async def work(self) -> None:
        """Reconcile all that waits, one after the other."""
        while len(self.queue):
            name = await self.queue.get()
            try:
                await self.reconciler.reconcile(name)
            finally:
                self.queue.done(name)


@pytest.fixture
async def operator() -> Operator:
    return Operator()


@pytest.fixture
async def marking() -> Operator:
    return Operator(on_oversell="mark")


async def test_nothing_is_decided_before_the_first_complete_list(operator: Operator) -> None:
    for name in ("a", "b", "c", "d"):
        operator.reconciler.on_event(None, operator.api.create(name, "matcha"))
    await operator.work()
    assert (operator.api.patched, operator.api.deleted) == ([], [])


async def test_its_own_write_is_in_the_cache_before_the_event_comes(operator: Operator) -> None:
    operator.api.create("a", "matcha")
    operator.list()
    await operator.work()
    operator.queue.add("a")
    await operator.work()
    assert operator.api.patched == ["a"]


async def test_the_event_of_its_own_write_is_no_reason_to_look_again(operator: Operator) -> None:
    operator.api.create("a", "matcha")
    operator.list()
    await operator.work()
    operator.reconciler.on_event("MODIFIED", operator.api.stored["a"])
    assert len(operator.queue) == 0


@pytest.mark.parametrize("what_happened", ["deleted", "being deleted", "other flavour", "made anew"])
async def test_bug_3_on_a_stale_cache_nobody_is_evicted(operator: Operator, what_happened: str) -> None:
    for name in ("a", "b", "c", "d"):
        operator.api.create(name, "matcha")
    operator.list()
    match what_happened:  # and the event hasn't come
        case "deleted":
            del operator.api.stored["a"]
        case "being deleted":
            operator.api.stored["a"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:01Z"
        case "other flavour":
            operator.api.stored["a"]["spec"]["flavour"] = ["vanilla"]
        case "made anew":
            operator.api.create("a", "matcha")["metadata"]["creationTimestamp"] = "2026-01-01T00:00:01Z"
    with pytest.raises(Retry, match="d is no longer oversold"):
        await operator.reconciler.reconcile("d")
    assert operator.api.deleted == []


async def test_nobody_is_evicted_for_one_whose_place_an_earlier_one_has_taken(operator: Operator) -> None:
    for name, flavours in (("1", "vanilla"), ("2", "vanilla"), ("3", "saffron"), ("a", "matcha vanilla")):
        operator.api.create(name, *flavours.split())
    for name in ("b", "c", "d"):
        operator.api.create(name, "matcha")
    operator.list()
    operator.api.stored["3"]["spec"]["flavour"] = ["vanilla"]  # so a is oversold, and d isn't
    with pytest.raises(Retry, match="d is no longer oversold"):
        await operator.reconciler.reconcile("d")
    assert operator.api.deleted == []


async def test_nobody_is_evicted_for_one_that_has_taken_a_flavour_too_many(operator: Operator) -> None:
    for name, flavour in zip("123abcd", ["vanilla"] * 3 + ["matcha"] * 4, strict=True):
        operator.api.create(name, flavour)
    operator.list()
    operator.api.stored["c"]["spec"]["flavour"] = ["matcha", "vanilla"]  # so c is oversold, and d isn't
    with pytest.raises(Retry, match="d is no longer oversold"):
        await operator.reconciler.reconcile("d")
    assert operator.api.deleted == []


async def test_an_answer_that_comes_after_the_end_of_an_icecream_does_not_bring_it_back(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    patch_status = operator.api.patch_status

    async def late(name: str, patch: Mapping[str, Any]) -> Icecream:
        answer = await patch_status(name, patch)
        operator.reconciler.on_event("DELETED", operator.api.stored.pop(name))
        return answer

    monkeypatch.setattr(operator.api, "patch_status", late)
    operator.api.create("a", "matcha")
    operator.list()
    await operator.work()
    assert list(operator.reconciler.cache) == []


async def test_one_that_was_changed_since_is_not_evicted(operator: Operator) -> None:
    for name in ("a", "b", "c", "d"):
        operator.api.create(name, "matcha")
    operator.list()
    operator.api.stored["d"] = operator.api.create("d", "vanilla")
    with pytest.raises(Conflict):
        await operator.reconciler.reconcile("d")
    assert operator.api.deleted == []


async def test_evictions_come_one_at_a_time(operator: Operator) -> None:
    for number in range(10):
        operator.api.create(f"ice-{number}", "matcha")
    operator.list()
    await asyncio.gather(*(operator.reconciler.reconcile(f"ice-{number}") for number in range(10)))
    assert set(operator.api.stored) == {"ice-0", "ice-1", "ice-2"}
    assert operator.api.most_deletions_at_once == 1


async def test_one_that_is_gone_when_it_is_to_be_evicted_is_no_obstacle(operator: Operator) -> None:
    for name in ("a", "b", "c", "d"):
        operator.api.create(name, "matcha")
    operator.list()
    del operator.api.stored["d"]
    await operator.reconciler.reconcile("d")
    assert operator.api.events == []


async def test_a_status_that_finds_its_object_gone_is_final(operator: Operator) -> None:
    operator.api.create("a", "matcha")
    operator.list()
    operator.api.failure = NotFound("a")
    await operator.reconciler.reconcile("a")


async def test_a_status_that_is_refused_is_final_and_said(operator: Operator, caplog: pytest.LogCaptureFixture) -> None:
    operator.api.create("a", "matcha")
    operator.list()
    operator.api.failure = Refused("writing the status: too cold (HTTP 422)")
    await operator.reconciler.reconcile("a")
    assert "too cold (HTTP 422); only a change of its spec can help" in caplog.text


@pytest.mark.parametrize("failure", [Conflict("changed"), Retry("try again")])
async def test_a_status_that_could_not_be_written_is_tried_again(operator: Operator, failure: Exception) -> None:
    operator.api.create("a", "matcha")
    operator.list()
    operator.api.failure = failure
    with pytest.raises(Retry):
        await operator.reconciler.reconcile("a")
    operator.api.failure = None
    await operator.reconciler.reconcile("a")
    assert operator.api.patched == ["a"]


async def test_siblings_are_looked_at_when_their_verdict_changes_and_only_then(marking: Operator) -> None:
    for name in ("a", "b"):
        marking.api.create(name, "matcha")
    marking.api.create("v", "vanilla")
    marking.list()
    await marking.work()
    marking.api.patched.clear()
    marking.reconciler.on_event("ADDED", marking.api.create("c", "matcha"))
    await marking.work()
    assert sorted(marking.api.patched) == ["a", "b", "c"]
    marking.api.patched.clear()
    marking.reconciler.on_event("ADDED", marking.api.create("d", "matcha"))
    await marking.work()
    assert marking.api.patched == ["d"]


async def test_who_stays_oversold_is_not_looked_at_again_when_others_are_before_it(marking: Operator) -> None:
    for name in ("a", "b", "c", "d", "e"):
        marking.api.create(name, "matcha")
    marking.list()
    await marking.work()
    marking.reconciler.on_event("DELETED", marking.api.stored.pop("a"))
    assert [await marking.queue.get() for _ in range(len(marking.queue))] == ["d", "a"]


async def test_a_mark_has_one_event(marking: Operator) -> None:
    for name in ("a", "b", "c", "d"):
        marking.api.create(name, "matcha")
    marking.list()
    await marking.work()
    marking.list()
    await marking.work()
    assert marking.api.events == [("d", "Oversold")]


def out_of_stock(reconciliation: Reconciliation) -> StepResult:
    reconciliation.obstacle = Condition("Ready", False, "OutOfStock", "no scoop of matcha is left")
    return StepResult.CONTINUE


def nothing_more(_: Reconciliation) -> StepResult:
    return StepResult.DONE


@pytest.mark.parametrize(
    ("do", "reasons"), [(out_of_stock, ["OutOfStock"]), (nothing_more, [])], ids=["an obstacle", "nothing more to do"]
)
async def test_a_step_can_be_put_in_by_the_list_alone(
    do: Callable[[Reconciliation], StepResult], reasons: list[str]
) -> None:
    async def step(reconciliation: Reconciliation) -> StepResult:
        return do(reconciliation)

    operator = Operator(step)
    operator.api.create("a", "matcha")
    operator.list()
    await operator.work()
    status = operator.api.stored["a"].get("status", {})
    assert [condition["reason"] for condition in status.get("conditions", ())] == reasons


async def test_an_icecream_that_is_being_deleted_goes_through_the_steps_and_gets_no_status() -> None:
    seen: list[str] = []

    async def step(reconciliation: Reconciliation) -> StepResult:
        seen.append(reconciliation.icecream.name)
        return StepResult.CONTINUE

    operator = Operator(step)
    operator.api.create("a", "matcha")["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:01Z"
    operator.list()
    await operator.work()
    assert (seen, operator.api.patched) == (["a"], [])


async def test_eviction_leaves_what_is_sold_to_the_next_step(operator: Operator) -> None:
    eviction = Eviction(cast(Icecreams, operator.api), cast(EventRecorder, operator.api))
    result = await eviction(Reconciliation(parse(operator.api.create("a", "matcha")), None))
    assert result is StepResult.CONTINUE
