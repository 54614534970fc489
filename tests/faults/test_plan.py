"""Seed and rates: which faults strike, without a proxy or an API server."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.faults import FaultInjector, RatesError
from workshop.faults import schedule as plans
from workshop.faults.effects import Decision, HttpRequest, OfRequest
from workshop.faults.schedule import Schedule

PATH = "/apis/demo.lva.io/v1/icecreams"
GUARDED_DELETE = HttpRequest("DELETE", f"{PATH}/a", b'{"preconditions":{"uid":"1"}}')
REQUESTS = {
    "list": HttpRequest("GET", PATH),
    "list from 0": HttpRequest("GET", f"{PATH}?resourceVersion=0"),
    "get": HttpRequest("GET", f"{PATH}/a"),
    "watch": HttpRequest("GET", f"{PATH}?watch=1"),
    "watch from 7": HttpRequest("GET", f"{PATH}?watch=1&resourceVersion=7"),
    "create": HttpRequest("POST", PATH),
    "patch": HttpRequest("PATCH", f"{PATH}/a"),
    "delete": HttpRequest("DELETE", f"{PATH}/a"),
    "guarded delete": GUARDED_DELETE,
    "review": HttpRequest("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
}
EVERYTHING = {"conflict": 0.2, "gone": 0.2, "cut": 0.2, "lost": 0.2, "throttled": 0.2, "error": 0.2, "latency": 0.2}


def faults(rates: dict[str, float], seed: int = 0) -> FaultInjector:
    return FaultInjector(Path("unused"), Schedule(seed, plans.rates(rates)))


def effects(decision: Decision) -> list[OfRequest]:
    return list(decision.effects)


@pytest.mark.parametrize(
    ("kind", "struck"),
    [
        ("conflict", {"patch", "guarded delete"}),
        ("lost", {"create", "patch", "delete", "guarded delete"}),
        ("gone", {"watch from 7"}),
        ("throttled", set(REQUESTS)),
        ("error", set(REQUESTS)),
        ("latency", set(REQUESTS)),
        ("cut", set()),
        ("stale", set()),
    ],
)
def test_a_kind_strikes_what_it_would_in_production(kind: str, struck: set[str]) -> None:
    assert {name for name, request in REQUESTS.items() if faults({kind: 1}).decide(request).effects} == struck


@pytest.mark.parametrize("kind", ["cut", "gone", "latency"])
def test_a_watch_is_struck_at_its_events(kind: str) -> None:
    line = faults({kind: 1}).decide(REQUESTS["watch"]).line
    assert line
    assert len(line(0)) == 1


def test_only_a_watch_is_taken_apart_into_events() -> None:
    split = {name for name, request in REQUESTS.items() if faults({}).decide(request).line}
    assert split == {"watch", "watch from 7"}


def test_a_list_is_stale_only_if_an_earlier_one_was_answered() -> None:
    injecting = faults({"stale": 1})
    first = injecting.decide(REQUESTS["list from 0"])
    assert first.head
    first.head(b'{"kind":"IcecreamList","metadata":{"resourceVersion":"7"}')
    second = injecting.decide(REQUESTS["list from 0"])
    assert (len(first.effects), len(second.effects)) == (0, 1)
    assert injecting.counts() == {"stale": 1}


@given(st.integers(), st.lists(st.sampled_from(sorted(REQUESTS)), max_size=40))
def test_the_same_seed_and_requests_give_the_same_faults(seed: int, names: list[str]) -> None:
    one, other = faults(EVERYTHING, seed), faults(EVERYTHING, seed)
    for name in names:
        assert effects(one.decide(REQUESTS[name])) == effects(other.decide(REQUESTS[name]))


@given(st.lists(st.sampled_from(["create", "patch", "get", "list"]), max_size=30), st.randoms())
def test_requests_that_overtake_each_other_change_nothing(names: list[str], random: object) -> None:
    def struck(order: list[str]) -> dict[str, list[list[OfRequest]]]:
        injecting, seen = faults(EVERYTHING), defaultdict(list)
        for name in order:
            seen[name].append(effects(injecting.decide(REQUESTS[name])))
        return dict(seen)

    shuffled = list(names)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert struck(names) == struck(shuffled)


def test_another_seed_gives_other_faults() -> None:
    def struck(seed: int) -> list[list[OfRequest]]:
        injecting = faults(EVERYTHING, seed)
        return [effects(injecting.decide(REQUESTS["patch"])) for _ in range(50)]

    assert struck(1) != struck(2)


@pytest.mark.parametrize("seed", range(3))
def test_a_rate_is_the_share_of_the_requests_that_are_struck(seed: int) -> None:
    injecting = faults({"conflict": 0.1, "lost": 0.3, "error": 0.2}, seed)
    for _ in range(2000):
        injecting.decide(REQUESTS["patch"])
    assert {kind: round(count / 2000, 1) for kind, count in injecting.counts().items()} == {
        "conflict": 0.1,
        "lost": 0.3,
        "error": 0.2,
    }


def test_errors_are_of_all_three_codes_and_some_of_the_writes_happened() -> None:
    injecting, told = faults({"error": 1}), Counter[tuple[int, bool]]()
    for _ in range(200):
        (answer,) = injecting.decide(REQUESTS["patch"]).effects
        told[answer.status, answer.reaches] += 1  # type: ignore[union-attr]
    assert set(told) == {(500, False), (500, True), (503, False), (504, False), (504, True)}


def test_no_read_is_told_to_have_happened_and_failed() -> None:
    injecting = faults({"error": 1})
    assert not any(injecting.decide(REQUESTS["list"]).effects[0].reaches for _ in range(50))  # type: ignore[union-attr]


def test_faults_can_be_changed_and_ended_while_it_runs() -> None:
    injecting = faults({"error": 1})
    injecting.inject({"lost": 1})
    injecting.decide(REQUESTS["patch"])
    injecting.stop()
    injecting.decide(REQUESTS["patch"])
    assert injecting.counts() == {"lost": 1}


@pytest.mark.parametrize(
    ("rates", "message"),
    [
        ({"explosion": 1.0}, "There is no fault 'explosion'. There are: conflict, gone,"),
        ({"kill": 1.0}, "There is no fault 'kill'"),
        ({"lost": 1.5}, "The rate of lost must be from 0 to 1, not 1.5"),
        ({"lost": float("nan")}, "The rate of lost must be from 0 to 1, not nan"),
        ({"lost": 0.6, "error": 0.6}, "add up to 1.2: a write has only one of them"),
    ],
)
def test_rates_that_make_no_sense_are_refused(rates: dict[str, float], message: str) -> None:
    with pytest.raises(RatesError) as caught:
        faults(rates)
    assert message in str(caught.value)
