"""The cache of a kind: what it takes over, what it ignores, by what it is found, and what it tells of a change."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from reconciling.cache import Cache, Key


@dataclass(frozen=True)
class Metadata:
    namespace: str
    name: str
    uid: str
    resource_version: str


@dataclass(frozen=True)
class Thing:
    metadata: Metadata
    colours: tuple[str, ...] = ()


def thing(name: str, *colours: str, version: int = 5, uid: str = "", namespace: str = "default") -> Thing:
    return Thing(Metadata(namespace, name, uid or f"uid-of-{name}", str(version)), colours)


@dataclass
class Seen:
    """What the cache has told, by names and versions."""

    changes: list[tuple[str | None, str | None]] = field(default_factory=list)

    def __call__(self, old: Thing | None, new: Thing | None) -> None:
        self.changes.append((self._what(old), self._what(new)))

    @staticmethod
    def _what(one: Thing | None) -> str | None:
        return f"{one.metadata.name}@{one.metadata.resource_version}" if one else None


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def listed(seen: Seen) -> Callable[..., Cache[Thing]]:
    def after_list(*things: Thing, resource_version: int = 10) -> Cache[Thing]:
        cache: Cache[Thing] = Cache(seen, {"colour": lambda one: one.colours})
        cache.replace(things, resource_version)
        seen.changes.clear()
        return cache

    return after_list


Listed = Callable[..., Cache[Thing]]


def names(cache: Cache[Thing]) -> set[str]:
    return {one.metadata.name for one in cache}


def coloured(cache: Cache[Thing], colour: str) -> list[str]:
    return [one.metadata.name for one in cache.by_index("colour", colour)]


def test_it_is_not_synced_before_the_first_list(listed: Listed, seen: Seen) -> None:
    assert not Cache[Thing](seen).synced
    assert listed().synced


def test_a_list_tells_of_each(seen: Seen) -> None:
    Cache[Thing](seen).replace([thing("a"), thing("b", version=7)], 10)
    assert seen.changes == [(None, "a@5"), (None, "b@7")]


def test_things_of_one_name_in_two_namespaces_are_two(listed: Listed) -> None:
    cache = listed(thing("a"), thing("a", "red", namespace="other"))
    assert len(cache) == 2
    found = cache.get(Key("other", "a"))
    assert found
    assert found.colours == ("red",)


def test_a_change_tells_what_was_and_what_is(listed: Listed, seen: Seen) -> None:
    listed(thing("a")).update(thing("a", version=11))
    assert seen.changes == [("a@5", "a@11")]


def test_what_was_seen_already_is_nothing_new(listed: Listed, seen: Seen) -> None:
    cache = listed(thing("a", version=5))
    cache.update(thing("a", "red", version=5))
    cache.update(thing("a", "red", version=4))
    assert (seen.changes, coloured(cache, "red")) == ([], [])


def test_versions_are_numbers(listed: Listed, seen: Seen) -> None:
    listed(thing("a", version=9)).update(thing("a", version=10))
    assert seen.changes == [("a@9", "a@10")]


def test_an_event_from_before_the_list_does_not_bring_back_what_is_gone(listed: Listed) -> None:
    cache = listed(resource_version=10)
    cache.update(thing("a", version=9))
    assert names(cache) == set()


def test_what_is_not_on_a_new_list_is_gone(listed: Listed, seen: Seen) -> None:
    cache = listed(thing("a", "red"), thing("b", "red"))
    cache.replace([thing("b", "red")], resource_version=20)
    assert (names(cache), coloured(cache, "red"), seen.changes) == ({"b"}, ["b"], [("a@5", None)])


def test_what_is_newer_than_a_stale_list_stays(listed: Listed) -> None:
    cache = listed(resource_version=10)
    cache.update(thing("a", version=15))
    cache.replace([], resource_version=12)
    assert names(cache) == {"a"}


def test_a_thing_is_found_by_what_it_is_and_not_by_what_it_was(listed: Listed) -> None:
    cache = listed(thing("b", "red", "blue"), thing("a", "red"))
    assert (coloured(cache, "red"), coloured(cache, "blue")) == (["a", "b"], ["b"])
    cache.update(thing("b", "blue", version=11))
    assert (coloured(cache, "red"), coloured(cache, "blue")) == (["a"], ["b"])
    cache.delete(thing("b", version=12))
    assert coloured(cache, "blue") == []


def test_a_late_deletion_leaves_a_new_one_of_the_same_name_alone(listed: Listed, seen: Seen) -> None:
    cache = listed(thing("a", uid="new"))
    cache.delete(thing("a", uid="old"))
    assert (names(cache), seen.changes) == ({"a"}, [])


class TestWhatWeHaveWritten:
    def test_is_seen_at_once_and_not_a_second_time(self, listed: Listed, seen: Seen) -> None:
        cache = listed(thing("a"))
        cache.update_written(thing("a", version=11))
        cache.update(thing("a", version=11))
        assert seen.changes == [("a@5", "a@11")]

    def test_is_seen_at_once_if_it_is_new(self, listed: Listed, seen: Seen) -> None:
        listed(resource_version=10).update_written(thing("a", version=11))
        assert seen.changes == [(None, "a@11")]

    def test_does_not_bring_back_what_has_been_seen_to_go(self, listed: Listed) -> None:
        cache = listed(resource_version=10)
        cache.update(thing("a", version=11))
        cache.delete(thing("a", version=12))
        cache.update_written(thing("a", version=11))
        assert names(cache) == set()

    def test_does_not_take_the_place_of_a_new_one_of_the_same_name(self, listed: Listed) -> None:
        cache = listed(thing("a", uid="new", version=8))
        cache.update_written(thing("a", uid="old", version=9))
        assert [one.metadata.uid for one in cache] == ["new"]

    def test_is_seen_at_once_whatever_was_seen_of_others(self, listed: Listed) -> None:
        cache = listed(thing("b", version=9), resource_version=10)
        cache.update_written(thing("b", version=12))
        cache.update(thing("c", version=13))
        cache.delete(thing("b", version=14))
        cache.update_written(thing("a", version=11))
        assert names(cache) == {"a", "c"}
