"""The picture: what it takes over, what it ignores, and what hangs together."""

from icecream_operator.icecream import Icecream
from icecream_operator.picture import Picture
from tests.operator.builders import icecream


def picture(*icecreams: Icecream, listed_at: int = 10) -> Picture:
    made = Picture()
    made.replace(icecreams, listed_at)
    return made


def names(shown: Picture) -> set[str]:
    return {icecream.name for icecream in shown}


def test_it_is_not_complete_before_the_first_list() -> None:
    assert not Picture().complete
    assert picture().complete


def test_a_new_one_has_its_flavours_decided_anew() -> None:
    assert picture().see(icecream("a", "matcha", "vanilla", version=11)) == {"matcha", "vanilla"}


def test_a_change_of_flavour_concerns_the_old_and_the_new() -> None:
    shown = picture(icecream("a", "matcha"))
    assert shown.see(icecream("a", "vanilla", version=11)) == {"matcha", "vanilla"}
    assert shown.connected(["matcha"]) == []


def test_a_change_of_status_concerns_no_flavour() -> None:
    assert picture(icecream("a", "matcha")).see(icecream("a", "matcha", version=11)) == frozenset()


def test_the_begin_of_a_deletion_concerns_its_flavours() -> None:
    assert picture(icecream("a", "matcha")).see(icecream("a", "matcha", version=11, deleting=True)) == {"matcha"}


def test_what_was_seen_already_is_nothing_new() -> None:
    shown = picture(icecream("a", "matcha", version=5))
    assert shown.see(icecream("a", "vanilla", version=5)) is None
    assert shown.see(icecream("a", "vanilla", version=4)) is None
    assert shown.connected(["vanilla"]) == []


def test_an_event_from_before_the_list_does_not_bring_back_what_is_gone() -> None:
    shown = picture(listed_at=10)
    assert shown.see(icecream("a", "matcha", version=9)) is None
    assert names(shown) == set()


def test_what_is_not_on_a_new_list_is_gone() -> None:
    shown = picture(icecream("a", "matcha"), icecream("b", "matcha"))
    shown.replace([icecream("b", "matcha")], listed_at=20)
    assert names(shown) == {"b"}


def test_what_is_newer_than_a_stale_list_stays() -> None:
    shown = picture(listed_at=10)
    shown.see(icecream("a", "matcha", version=15))
    shown.replace([], listed_at=12)
    assert names(shown) == {"a"}


def test_a_deletion_frees_the_flavours() -> None:
    shown = picture(icecream("a", "matcha"))
    assert shown.see_deleted(icecream("a", "matcha", version=11)) == {"matcha"}
    assert names(shown) == set()


def test_a_late_deletion_leaves_a_new_one_of_the_same_name_alone() -> None:
    shown = picture(icecream("a", "matcha", uid="new"))
    assert shown.see_deleted(icecream("a", "matcha", uid="old")) is None
    assert names(shown) == {"a"}


def test_connected_are_those_that_share_a_flavour_and_those_that_share_one_with_them() -> None:
    shown = picture(
        icecream("a", "matcha"),
        icecream("b", "matcha", "vanilla"),
        icecream("c", "vanilla", "saffron"),
        icecream("d", "chocolate"),
    )
    assert {icecream.name for icecream in shown.connected(["matcha"])} == {"a", "b", "c"}
