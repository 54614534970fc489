"""The operator's picture of all icecreams, kept from lists and events, so that no decision needs a list call.

It may be behind the API server, but never goes back: what is older than what it has seen is ignored. resourceVersions
are compared as numbers, which Kubernetes guarantees for every resource since 1.35.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set

from icecream_operator.icecream import Icecream


class Picture:
    """All icecreams by name, and by flavour. Empty and not `complete` until the first list."""

    def __init__(self) -> None:
        self.complete = False
        self._listed_at = 0
        self._icecreams: dict[str, Icecream] = {}
        self._by_flavour: dict[str, set[str]] = defaultdict(set)

    def __iter__(self) -> Iterator[Icecream]:
        return iter(self._icecreams.values())

    def __len__(self) -> int:
        return len(self._icecreams)

    def get(self, name: str) -> Icecream | None:
        """Return the icecream as last seen."""
        return self._icecreams.get(name)

    def replace(self, icecreams: Iterable[Icecream], listed_at: int) -> None:
        """Take over a complete list, of that resourceVersion. What isn't on it is gone."""
        listed = {icecream.name: icecream for icecream in icecreams}
        for old in list(self):
            if old.name not in listed and old.resource_version <= listed_at:
                self._forget(old)
        for new in listed.values():
            self.see(new)
        self._listed_at = listed_at
        self.complete = True

    def see(self, new: Icecream) -> Set[str] | None:
        """Take over an icecream that was created or changed.

        Return the flavours whose icecreams must be decided anew, none if only its status changed; or None if this is
        nothing new.
        """
        old = self._icecreams.get(new.name)
        if new.resource_version <= (old.resource_version if old else self._listed_at):
            return None
        if old:
            self._forget(old)
        self._icecreams[new.name] = new
        for flavour in new.flavours:
            self._by_flavour[flavour].add(new.name)
        return _to_decide(old, new)

    def see_written(self, new: Icecream) -> None:
        """Take over the answer to a write of ours, unless the icecream has been seen to be gone meanwhile."""
        old = self._icecreams.get(new.name)
        if old and old.uid == new.uid:
            self.see(new)

    def see_deleted(self, gone: Icecream) -> Set[str] | None:
        """Take over that an icecream is gone, and return as `see` does."""
        old = self._icecreams.get(gone.name)
        if old is None or old.uid != gone.uid:
            return None
        self._forget(old)
        return frozenset(old.flavours)

    def connected(self, flavours: Iterable[str]) -> list[Icecream]:
        """Return all icecreams that hang together with these flavours: who has one, who shares one with those, …"""
        reached: set[str] = set()
        to_visit = set(flavours)
        names: set[str] = set()
        while to_visit:
            reached.add(flavour := to_visit.pop())
            for name in self._by_flavour.get(flavour, set()) - names:
                names.add(name)
                to_visit.update(set(self._icecreams[name].flavours) - reached)
        return [self._icecreams[name] for name in names]

    def _forget(self, old: Icecream) -> None:
        del self._icecreams[old.name]
        for flavour in old.flavours:
            self._by_flavour[flavour].discard(old.name)
            if not self._by_flavour[flavour]:
                del self._by_flavour[flavour]


def _to_decide(old: Icecream | None, new: Icecream) -> Set[str]:
    if old is None:
        return frozenset(new.flavours)
    if (old.uid, old.flavours, old.deleting) == (new.uid, new.flavours, new.deleting):
        return frozenset()
    return frozenset(old.flavours + new.flavours)
