"""The cache: what it takes over, what it ignores, and what hangs together."""

from icecream_operator.cache import Cache
from icecream_operator.icecream import Icecream
from tests.operator.builders import icecream


def listed(*icecreams: Icecream, resource_version: int = 10) -> Cache:
    """The cache after one list."""
    cache = Cache()
    cache.replace(icecreams, resource_version)
    return cache


def names(cache: Cache) -> set[str]:
    return {icecream.name for icecream in cache}


def test_it_is_not_synced_before_the_first_list() -> None:
    assert not Cache().synced
    assert listed().synced


def test_a_new_one_has_its_flavours_decided_anew() -> None:
    assert listed().update(icecream("a", "matcha", "vanilla", version=11)) == {"matcha", "vanilla"}


def test_a_change_of_flavour_concerns_the_old_and_the_new() -> None:
    cache = listed(icecream("a", "matcha"))
    assert cache.update(icecream("a", "vanilla", version=11)) == {"matcha", "vanilla"}
    assert cache.connected(["matcha"]) == []


def test_a_change_of_status_concerns_no_flavour() -> None:
    assert listed(icecream("a", "matcha")).update(icecream("a", "matcha", version=11)) == frozenset()


def test_the_begin_of_a_deletion_concerns_its_flavours() -> None:
    assert listed(icecream("a", "matcha")).update(icecream("a", "matcha", version=11, deleting=True)) == {"matcha"}


def test_what_was_seen_already_is_nothing_new() -> None:
    cache = listed(icecream("a", "matcha", version=5))
    assert cache.update(icecream("a", "vanilla", version=5)) is None
    assert cache.update(icecream("a", "vanilla", version=4)) is None
    assert cache.connected(["vanilla"]) == []


def test_an_event_from_before_the_list_does_not_bring_back_what_is_gone() -> None:
    cache = listed(resource_version=10)
    assert cache.update(icecream("a", "matcha", version=9)) is None
    assert names(cache) == set()


def test_what_is_not_on_a_new_list_is_gone() -> None:
    cache = listed(icecream("a", "matcha"), icecream("b", "matcha"))
    cache.replace([icecream("b", "matcha")], resource_version=20)
    assert names(cache) == {"b"}


def test_what_is_newer_than_a_stale_list_stays() -> None:
    cache = listed(resource_version=10)
    cache.update(icecream("a", "matcha", version=15))
    cache.replace([], resource_version=12)
    assert names(cache) == {"a"}


def test_a_deletion_frees_the_flavours() -> None:
    cache = listed(icecream("a", "matcha"))
    assert cache.delete(icecream("a", "matcha", version=11)) == {"matcha"}
    assert names(cache) == set()


def test_a_late_deletion_leaves_a_new_one_of_the_same_name_alone() -> None:
    cache = listed(icecream("a", "matcha", uid="new"))
    assert cache.delete(icecream("a", "matcha", uid="old")) is None
    assert names(cache) == {"a"}


def test_connected_are_those_that_share_a_flavour_and_those_that_share_one_with_them() -> None:
    cache = listed(
        icecream("a", "matcha"),
        icecream("b", "matcha", "vanilla"),
        icecream("c", "vanilla", "saffron"),
        icecream("d", "chocolate"),
    )
    assert {icecream.name for icecream in cache.connected(["matcha"])} == {"a", "b", "c"}
