"""All objects of one kind as last seen, kept from lists and events, so that no decision needs a request.

It may be behind the API server, but never goes back: what is older than what it has seen is ignored. resourceVersions
are compared as numbers, which Kubernetes guarantees for every resource since 1.35.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, NamedTuple, Protocol, TypeVar

_LATE = 4096  # deletions that may be seen while the answer to a write is under way


class Metadata(Protocol):
    """Of an object's metadata, what the cache needs; `namespace` is empty for what is cluster-scoped."""

    @property
    def namespace(self) -> str:
        """Its namespace, or empty."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def uid(self) -> str:
        """What tells it from others of the same name, before and after."""

    @property
    def resource_version(self) -> str:
        """Which state of it this is: a number."""


class Stored(Protocol):
    """An object of the API server, as the operator reads it."""

    @property
    def metadata(self) -> Metadata:
        """Its metadata."""


T = TypeVar("T", bound=Stored)


class Key(NamedTuple):
    """What is unique within a kind (client-go: NamespacedName)."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def key_of(stored: Stored) -> Key:
    """The key of an object."""
    return Key(stored.metadata.namespace, stored.metadata.name)


class Cache(Generic[T]):
    """All objects by key, with indexes: client-go's Store, Indexer and MutationCache in one.

    `indexers` give, by the index's name, the values under which an object is found. `on_change` is called with what
    was and what is now there; one of both may be None.

    Empty and not `synced` until the first list, as client-go's HasSynced says it.
    """

    def __init__(
        self,
        on_change: Callable[[T | None, T | None], None],
        indexers: Mapping[str, Callable[[T], Iterable[Hashable]]] | None = None,
    ) -> None:
        self.synced = False
        self._on_change = on_change
        self._indexers = indexers or {}
        self._indexes: dict[str, dict[Hashable, set[Key]]] = {name: defaultdict(set) for name in self._indexers}
        self._objects: dict[Key, T] = {}
        self._list_version = 0
        self._gone: deque[str] = deque(maxlen=_LATE)  # uids

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._objects.values()))

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: Key) -> T | None:
        """Return the object as last seen."""
        return self._objects.get(key)

    def by_index(self, index: str, value: Hashable) -> list[T]:
        """Return all objects for which the index gives this value."""
        return [self._objects[key] for key in sorted(self._indexes[index].get(value, ()))]

    def replace(self, listed: Iterable[T], resource_version: int) -> None:
        """Take over a complete list, of that resourceVersion. What isn't on it is gone."""
        by_key = {key_of(new): new for new in listed}
        for key, old in list(self._objects.items()):
            if key not in by_key and _version(old) <= resource_version:
                self._change(old, None)
        for new in by_key.values():
            self.update(new)
        self._list_version = resource_version
        self.synced = True

    def update(self, new: T) -> None:
        """Take over an object that was created or changed, as an event says, unless it is nothing new."""
        old = self._objects.get(key_of(new))
        if _version(new) > (_version(old) if old else self._list_version):
            self._change(old, new)

    def update_written(self, new: T) -> None:
        """Take over the answer to a write of ours, unless the object has been seen to be gone meanwhile.

        What has been seen of other objects says nothing about that: the events of each come on their own.
        """
        old = self._objects.get(key_of(new))
        if old.metadata.uid == new.metadata.uid if old else new.metadata.uid not in self._gone:
            self.update(new)

    def delete(self, gone: T) -> None:
        """Take over that an object is gone."""
        self._gone.append(gone.metadata.uid)
        old = self._objects.get(key_of(gone))
        if old and old.metadata.uid == gone.metadata.uid:
            self._change(old, None)

    def _change(self, old: T | None, new: T | None) -> None:
        for name, indexer in self._indexers.items():
            index = self._indexes[name]
            for value in set(indexer(old)) if old else ():
                index[value].discard(key_of(old))  # type: ignore[arg-type] # there is one
                if not index[value]:
                    del index[value]
            for value in set(indexer(new)) if new else ():
                index[value].add(key_of(new))  # type: ignore[arg-type] # there is one
        if new is not None:
            self._objects[key_of(new)] = new
        elif old is not None:
            del self._objects[key_of(old)]
        self._on_change(old, new)


def _version(stored: Stored) -> int:
    return int(stored.metadata.resource_version)
