"""What the webhook admits, the reconciler never evicts: with one writer, who is seen before it writes again."""

from typing import Any

from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from icecream_operator import quota
from icecream_operator.cache import Cache
from icecream_operator.icecream import parse
from icecream_operator.webhook import scope
from icecream_operator.webhook.admission import Admission
from icecream_operator.webhook.menu import Menu

FLAVOURS = ["lemon", "matcha", "vanilla"]
MENU = Menu(dict.fromkeys(FLAVOURS, ("cream",)))
names = st.sampled_from([f"ice-{number:02}" for number in range(30)])
flavours = st.lists(st.sampled_from(FLAVOURS), min_size=1, max_size=3, unique=True)


class OneWriter(RuleBasedStateMachine):
    """An API server without an operator: it asks the webhook, stores, and the cache is told."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = Cache()
        self.cache.replace([], 0)
        self.admission = Admission(lambda: MENU, lambda: self.cache, evicts=True)
        self.stored: dict[str, dict[str, Any]] = {}
        self.version = self.second = 0

    @rule(name=names, flavours=flavours, later=st.booleans())
    def create(self, name: str, flavours: list[str], later: bool) -> None:
        """In the same second as the one before it, or in the next."""
        assume(name not in self.stored)
        self.second += later
        self._store("CREATE", {"metadata": self._metadata(name), "spec": {"flavour": flavours}})

    @precondition(lambda self: self.stored)
    @rule(data=st.data(), flavours=flavours)
    def change(self, data: st.DataObject, flavours: list[str]) -> None:
        old = self._any(data)
        self._store("UPDATE", {"metadata": {**old["metadata"]}, "spec": {"flavour": flavours}})

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def delete_and_wait_for_finalizers(self, data: st.DataObject) -> None:
        old = self._any(data)
        leaving = {**old["metadata"], "deletionTimestamp": "2026-01-02T00:00:00Z"}
        self._store("UPDATE", {"metadata": leaving, "spec": old["spec"]})

    @precondition(lambda self: self.stored)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        old = self._any(data)
        del self.stored[old["metadata"]["name"]]
        self.cache.delete(parse(old))

    @invariant()
    def nobody_is_oversold(self) -> None:
        assert [name for name, verdict in quota.decide(self.cache).items() if not verdict.sold] == []

    @invariant()
    def whoever_finds_a_place_gets_it(self) -> None:
        """It refuses no more than it must."""
        for flavour in FLAVOURS:
            sold = [icecream for icecream in self.cache if flavour in icecream.flavours and not icecream.deleting]
            candidate = {"metadata": {"generateName": "ice-"}, "spec": {"flavour": [flavour]}}
            assert bool(self.admission.validate(candidate).faults) is (len(sold) == quota.PER_FLAVOUR)

    def _any(self, data: st.DataObject) -> dict[str, Any]:
        return self.stored[data.draw(st.sampled_from(sorted(self.stored)))]

    def _metadata(self, name: str) -> dict[str, Any]:
        created = f"2026-01-01T00:00:{self.second:02}Z"
        return {"name": name, "uid": f"uid of {name}", "creationTimestamp": created, "generation": 1}

    def _store(self, operation: str, new: dict[str, Any]) -> None:
        old = self.stored.get(new["metadata"]["name"])
        if scope.concerns(operation, old, new) and self.admission.validate(new).faults:
            return
        self.version += 1
        new["metadata"]["resourceVersion"] = str(self.version)
        self.stored[new["metadata"]["name"]] = new
        self.cache.update(parse(new))


TestOneWriter = OneWriter.TestCase
