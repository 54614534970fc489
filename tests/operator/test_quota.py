"""The rule by itself: tables for what it says, properties for what it promises."""

import itertools
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icecream_operator.cache import Cache
from icecream_operator.icecream import Icecream
from icecream_operator.quota import decide
from tests.operator.builders import icecream


def sold(icecreams: list[Icecream]) -> set[str]:
    return {name for name, verdict in decide(icecreams).items() if verdict.sold}


def named(names: str, *flavours: str) -> list[Icecream]:
    return [icecream(name, *flavours) for name in names.split()]


@pytest.mark.parametrize(
    ("icecreams", "expected"),
    [
        pytest.param([], "", id="none at all"),
        pytest.param(named("a b c", "matcha"), "a b c", id="three of a flavour"),
        pytest.param(named("a b c d", "matcha"), "a b c", id="four of a flavour"),
        pytest.param(
            named("a b", "matcha") + named("c d", "vanilla") + named("e", "matcha", "vanilla"),
            "a b c d e",
            id="two and two don't trip a mixed one",
        ),
        pytest.param(
            named("a b c", "matcha") + named("d", "matcha", "vanilla"), "a b c", id="one full flavour is enough"
        ),
        pytest.param(
            named("a b c", "matcha") + named("d", "matcha", "vanilla") + named("e f g", "vanilla"),
            "a b c e f g",
            id="what is oversold takes up nothing",
        ),
    ],
)
def test_who_is_sold(icecreams: list[Icecream], expected: str) -> None:
    assert sold(icecreams) == set(expected.split())


def test_the_order_is_that_of_creation_and_then_of_names() -> None:
    old, young = icecream("z", "matcha", created=1), [icecream(name, "matcha", created=2) for name in "cab"]
    assert sold([*young, old]) == {"z", "a", "b"}


def test_what_is_being_deleted_takes_up_nothing_and_is_not_judged() -> None:
    leaving = [icecream(name, "matcha", deleting=True) for name in "abc"]
    assert set(decide([*leaving, icecream("d", "matcha")])) == {"d"}


def test_sold_out_is_said_of_each_that_has_a_flavour_with_none_left() -> None:
    icecreams = [*named("a b c d", "matcha"), icecream("e", "vanilla"), icecream("f", "matcha", "vanilla")]
    verdicts = decide(icecreams)
    assert {name: verdict.sold_out for name, verdict in verdicts.items()} == {
        "a": True,
        "b": True,
        "c": True,
        "d": True,
        "e": False,
        "f": True,
    }


def test_the_verdict_says_what_was_full_and_who_was_before() -> None:
    verdict = decide(named("a b c", "matcha") + named("d", "vanilla", "matcha"))["d"]
    assert (verdict.full, verdict.before) == ("matcha", ("a", "b", "c"))


FLAVOURS = ("matcha", "vanilla", "saffron", "chocolate", "mango")


@st.composite
def shops(draw: st.DrawFn) -> list[Icecream]:
    """Some icecreams of one to four flavours, tangled, some within one second, some being deleted."""
    spec = st.tuples(
        st.lists(st.sampled_from(FLAVOURS), min_size=1, max_size=4, unique=True),
        st.integers(0, 3),
        st.sampled_from((False, False, False, True)),
    )
    return [
        icecream(f"ice-{number:02}", *flavours, created=created, deleting=deleting)
        for number, (flavours, created, deleting) in enumerate(draw(st.lists(spec, max_size=25)))
    ]


def rank(icecream: Icecream) -> tuple[str, str]:
    return icecream.created, icecream.name


@given(shops())
def test_never_more_than_three_of_a_flavour_are_sold(shop: list[Icecream]) -> None:
    happy = sold(shop)
    for flavour in FLAVOURS:
        assert sum(flavour in icecream.flavours for icecream in shop if icecream.name in happy) <= 3


@given(shops())
def test_who_is_oversold_found_a_flavour_full_of_earlier_ones(shop: list[Icecream]) -> None:
    by_name = {icecream.name: icecream for icecream in shop}
    for name, verdict in decide(shop).items():
        if not verdict.sold:
            assert verdict.full in by_name[name].flavours
            assert len(set(verdict.before)) == 3
            for earlier in map(by_name.get, verdict.before):
                assert earlier is not None
                assert verdict.full in earlier.flavours
                assert rank(earlier) < rank(by_name[name])
                assert earlier.name in sold(shop)


@given(shops(), st.randoms())
def test_the_order_of_the_input_does_not_matter(shop: list[Icecream], random: Random) -> None:
    shuffled = list(shop)
    random.shuffle(shuffled)
    assert decide(shuffled) == decide(shop)


@given(shops())
def test_later_ones_never_change_who_was_sold_before(shop: list[Icecream]) -> None:
    in_order = sorted(shop, key=rank)
    for earlier, more in itertools.pairwise(in_order[:n] for n in range(len(in_order) + 1)):
        assert {name for name in sold(more) if name != more[-1].name} == sold(earlier)


@given(shops())
def test_oversold_ones_block_nobody(shop: list[Icecream]) -> None:
    happy = sold(shop)
    assert sold([icecream for icecream in shop if icecream.name in happy]) == happy


@given(shops(), st.data())
def test_deciding_on_those_connected_is_the_same_as_deciding_on_all(shop: list[Icecream], data: st.DataObject) -> None:
    cache = Cache()
    cache.replace(shop, resource_version=1000)
    everything = decide(shop)
    flavour = data.draw(st.sampled_from(FLAVOURS))
    some = decide(cache.connected([flavour]))
    assert some == {name: everything[name] for name in some}
    assert set(some) >= {i.name for i in shop if flavour in i.flavours and not i.deleting}
