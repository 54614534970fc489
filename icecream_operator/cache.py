"""All icecreams as last seen, kept from lists and events, so that no decision needs a list call.

It may be behind the API server, but never goes back: what is older than what it has seen is ignored. resourceVersions
are compared as numbers, which Kubernetes guarantees for every resource since 1.35.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Set

from icecream_operator.icecream import Icecream


class Cache:
    """All icecreams by name, with an index by flavour: client-go's Store, Indexer and MutationCache in one.

    Empty and not `synced` until the first list, as client-go's HasSynced says it.
    """

    def __init__(self) -> None:
        self.synced = False
        self._list_version = 0
        self._icecreams: dict[str, Icecream] = {}
        self._flavour_index: dict[str, set[str]] = defaultdict(set)

    def __iter__(self) -> Iterator[Icecream]:
        return iter(self._icecreams.values())

    def __len__(self) -> int:
        return len(self._icecreams)

    def get(self, name: str) -> Icecream | None:
        """Return the icecream as last seen."""
        return self._icecreams.get(name)

    def replace(self, icecreams: Iterable[Icecream], resource_version: int) -> None:
        """Take over a complete list, of that resourceVersion. What isn't on it is gone."""
        listed = {icecream.name: icecream for icecream in icecreams}
        for old in list(self):
            if old.name not in listed and old.resource_version <= resource_version:
                self._remove(old)
        for new in listed.values():
            self.update(new)
        self._list_version = resource_version
        self.synced = True

    def update(self, new: Icecream) -> Set[str] | None:
        """Take over an icecream that was created or changed.

        Return the flavours whose icecreams must be decided anew, none if only its status changed; or None if this is
        nothing new.
        """
        old = self._icecreams.get(new.name)
        if new.resource_version <= (old.resource_version if old else self._list_version):
            return None
        if old:
            self._remove(old)
        self._icecreams[new.name] = new
        for flavour in new.flavours:
            self._flavour_index[flavour].add(new.name)
        return _affected_flavours(old, new)

    def update_written(self, new: Icecream) -> None:
        """Take over the answer to a write of ours, unless the icecream has been seen to be gone meanwhile."""
        old = self._icecreams.get(new.name)
        if old and old.uid == new.uid:
            self.update(new)

    def delete(self, gone: Icecream) -> Set[str] | None:
        """Take over that an icecream is gone, and return as `update` does."""
        old = self._icecreams.get(gone.name)
        if old is None or old.uid != gone.uid:
            return None
        self._remove(old)
        return frozenset(old.flavours)

    def connected(self, flavours: Iterable[str]) -> list[Icecream]:
        """Return all icecreams that hang together with these flavours: who has one, who shares one with those, …"""
        reached: set[str] = set()
        to_visit = set(flavours)
        names: set[str] = set()
        while to_visit:
            reached.add(flavour := to_visit.pop())
            for name in self._flavour_index.get(flavour, set()) - names:
                names.add(name)
                to_visit.update(set(self._icecreams[name].flavours) - reached)
        return [self._icecreams[name] for name in names]

    def _remove(self, old: Icecream) -> None:
        del self._icecreams[old.name]
        for flavour in old.flavours:
            self._flavour_index[flavour].discard(old.name)
            if not self._flavour_index[flavour]:
                del self._flavour_index[flavour]


def _affected_flavours(old: Icecream | None, new: Icecream) -> Set[str]:
    if old is None:
        return frozenset(new.flavours)
    if (old.uid, old.flavours, old.deleting) == (new.uid, new.flavours, new.deleting):
        return frozenset()
    return frozenset(old.flavours + new.flavours)
