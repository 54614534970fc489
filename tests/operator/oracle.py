"""What must hold, said once more and in another way than the operator says it: slowly, and without any of its code.

A test that compared the operator with its own `quota` would find only what the operator does otherwise than it thinks.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tests.operator.freezer_rows import FreezerRows

Body = dict[str, Any]


class Expected:
    """What an icecream of these should be, by the rule's own words.

    An icecream is sold if it isn't being deleted, and of each of its flavours fewer than three that come before it are
    sold. Before it come the older ones, and of the same second those whose names come first.
    """

    def __init__(self, icecreams: Iterable[Body]) -> None:
        self._all = [icecream for icecream in icecreams if not _goes("", icecream)]
        self._sold: dict[str, bool] = {}

    def sold(self, icecream: Body) -> bool:
        name = icecream["metadata"]["name"]
        if name not in self._sold:
            self._sold[name] = all(
                sum(self.sold(other) for other in self._with(flavour) if _rank(other) < _rank(icecream)) < 3
                for flavour in icecream["spec"]["flavour"]
            )
        return self._sold[name]

    def oversold(self) -> set[str]:
        """The uids of those that aren't sold, and aren't being deleted."""
        return {icecream["metadata"]["uid"] for icecream in self._all if not self.sold(icecream)}

    def statuses(self, freezer: FreezerRows) -> dict[str, Body]:
        """By name, the status of each that isn't being deleted, as `status_of` shows it."""
        return {icecream["metadata"]["name"]: self._status(icecream, freezer) for icecream in self._all}

    def look_into(self, freezer: FreezerRows) -> None:
        """See that each has what is its own, and that nobody waits who could be served, whoever came first.

        Raises:
            AssertionError: what is wrong.
        """
        kept: Counter[str] = Counter()
        for icecream in sorted(self._all, key=_rank):
            name, flavours = icecream["metadata"]["name"], set(icecream["spec"]["flavour"])
            reserved = freezer.reserved.get(icecream["metadata"]["uid"], set())
            if not self.sold(icecream):
                assert not reserved, f"{name} is not sold, and has {reserved}"
            elif missing := flavours - reserved:
                short = [flavour for flavour in missing if freezer.stock.get(flavour, 1) <= kept[flavour]]
                assert short, f"{name} waits for {missing}, of which there is {freezer.stock}, for others {kept}"
                kept.update(missing)
            else:
                assert reserved == flavours, f"{name} has {reserved}, and wants {flavours}"

    def _status(self, icecream: Body, freezer: FreezerRows) -> Body:
        sold = self.sold(icecream)
        served = set(icecream["spec"]["flavour"]) <= freezer.reserved.get(icecream["metadata"]["uid"], set())
        ready = "Oversold" if not sold else "Sold" if served else "OutOfStock"
        generation = icecream["metadata"]["generation"]
        return {
            "soldOut": any(sum(map(self.sold, self._with(flavour))) >= 3 for flavour in icecream["spec"]["flavour"]),
            "toppingsCount": len(icecream["spec"].get("topping", [])),
            "observedGeneration": generation,
            "Ready": (str(ready == "Sold"), ready, generation),
        }

    def _with(self, flavour: str) -> list[Body]:
        return [icecream for icecream in self._all if flavour in icecream["spec"]["flavour"]]


def statuses(icecreams: Iterable[Body]) -> dict[str, Body]:
    """By name, what the status of each that isn't being deleted says, without times and messages."""
    return {
        icecream["metadata"]["name"]: status_of(icecream)
        for icecream in icecreams
        if "deletionTimestamp" not in icecream["metadata"]
    }


def status_of(icecream: Body) -> Body:
    status = dict(icecream.get("status", {}))
    for condition in status.pop("conditions", ()):
        status[condition["type"]] = (condition["status"], condition["reason"], condition["observedGeneration"])
    return status


@dataclass(frozen=True)
class Deletion:
    """One that the operator has deleted."""

    name: str
    uid: str
    was_oversold: bool


def deletions(history: Iterable[tuple[str, Body]], by_users: Collection[str]) -> list[Deletion]:
    """What was deleted, but for the uids `by_users`.

    `history` are all events of a watch since there was no icecream.

    Kubernetes has no transaction over several objects, so an operator can't promise that an icecream is oversold at the
    very moment of its deletion: another may have gone just before. What it can promise, and what `was_oversold` says:
    it was so in a state that the API server was in between the last change of its spec and its deletion.
    """
    now: dict[str, Body] = {}
    oversold_at: dict[str, int] = {}  # by uid, the metadata.generation
    deleted: list[Deletion] = []
    for kind, body in history:
        name, uid, before = body["metadata"]["name"], body["metadata"]["uid"], now.pop(body["metadata"]["uid"], None)
        if before and _goes(kind, body) and not _goes("", before) and uid not in by_users:
            deleted.append(Deletion(name, uid, oversold_at.get(uid) == before["metadata"]["generation"]))
        if kind != "DELETED":
            now[uid] = body
        if before is None or _goes(kind, body) or before["spec"] != body["spec"]:
            oversold_at |= {uid: now[uid]["metadata"]["generation"] for uid in Expected(now.values()).oversold()}
    return deleted


def _goes(kind: str, icecream: Body) -> bool:
    return kind == "DELETED" or "deletionTimestamp" in icecream["metadata"]


def _rank(icecream: Body) -> tuple[str, str]:
    return icecream["metadata"]["creationTimestamp"], icecream["metadata"]["name"]
