"""What the injector decides about each request, by seed and rates, without a proxy or an API server."""

from collections import Counter, defaultdict
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.faults import FaultInjector
from workshop.faults.actions import Cut, Delay, EndWith, HttpRequest, RequestAction, Respond, RewriteTarget
from workshop.faults.kinds import DESCRIPTIONS
from workshop.faults.rates import FaultRates, parse_rates

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
STRUCK = {
    "conflict": {"patch", "guarded delete"},
    "lost": {"create", "patch", "delete", "guarded delete"},
    "gone": {"watch from 7"},
    "throttled": set(REQUESTS),
    "error": set(REQUESTS),
    "latency": set(REQUESTS),
    "cut": set[str](),  # only the events of a watch
    "stale": set[str](),  # only after a list, see below
}
EVERYTHING = {"conflict": 0.2, "gone": 0.2, "cut": 0.2, "lost": 0.2, "throttled": 0.2, "error": 0.2, "latency": 0.2}


def injector(rates: dict[str, float], seed: int = 0) -> FaultInjector:
    return FaultInjector(Path("unused"), FaultRates(seed, parse_rates(rates)))


def actions(faults: FaultInjector, name: str) -> list[RequestAction]:
    return list(faults.decide(REQUESTS[name]).actions)


def errors(name: str, count: int) -> Counter[tuple[int, bool]]:
    """Status, and whether the request was forwarded, of so many errors."""
    faults, seen = injector({"error": 1}), Counter[tuple[int, bool]]()
    for _ in range(count):
        (action,) = actions(faults, name)
        assert isinstance(action, Respond)
        seen[action.status, action.forwarded] += 1
    return seen


@pytest.mark.parametrize("kind", DESCRIPTIONS)
def test_a_kind_strikes_what_it_would_in_production(kind: str) -> None:
    assert {name for name in REQUESTS if actions(injector({kind: 1}), name)} == STRUCK[kind]


@pytest.mark.parametrize(("kind", "action"), [("cut", Cut), ("gone", EndWith), ("latency", Delay)])
def test_a_watch_is_struck_at_its_events(kind: str, action: type) -> None:
    on_line = injector({kind: 1}).decide(REQUESTS["watch"]).on_line
    assert on_line
    assert [type(struck) for struck in on_line(0, b"")] == [action]


def test_only_a_watch_is_taken_apart_into_events() -> None:
    split = {name for name, request in REQUESTS.items() if injector({}).decide(request).on_line}
    assert split == {"watch", "watch from 7"}


def test_a_list_is_stale_only_if_an_earlier_one_was_answered() -> None:
    faults = injector({"stale": 1})
    first = faults.decide(REQUESTS["list from 0"])
    assert first.on_body
    first.on_body(b'{"kind":"IcecreamList","metadata":{"resourceVersion":"7"}')
    second = faults.decide(REQUESTS["list from 0"])
    assert first.actions == []
    assert second.actions == [RewriteTarget(f"{PATH}?resourceVersion=7&resourceVersionMatch=Exact")]
    assert faults.counts() == {"stale": 1}


def test_only_a_list_that_is_newer_than_the_last_one_is_remembered() -> None:
    faults, targets = injector({"stale": 1}), set()
    on_body = faults.decide(REQUESTS["list from 0"]).on_body
    assert on_body
    for version in (b"7", b"5", b"7"):
        on_body(b'{"metadata":{"resourceVersion":"%b"}' % version)
    for _ in range(20):
        (action,) = actions(faults, "list from 0")
        assert isinstance(action, RewriteTarget)
        targets.add(action.target)
    assert targets == {f"{PATH}?resourceVersion=7&resourceVersionMatch=Exact"}


@given(st.integers(), st.lists(st.sampled_from(sorted(REQUESTS)), max_size=40))
def test_the_same_seed_and_requests_give_the_same_faults(seed: int, names: list[str]) -> None:
    one, other = injector(EVERYTHING, seed), injector(EVERYTHING, seed)
    for name in names:
        assert actions(one, name) == actions(other, name)


@given(st.lists(st.sampled_from(["create", "patch", "get", "list"]), max_size=30), st.randoms())
def test_requests_that_overtake_each_other_change_nothing(names: list[str], random: Random) -> None:
    def struck(order: list[str]) -> dict[str, list[list[RequestAction]]]:
        faults, seen = injector(EVERYTHING), defaultdict(list)
        for name in order:
            seen[name].append(actions(faults, name))
        return dict(seen)

    shuffled = list(names)
    random.shuffle(shuffled)
    assert struck(names) == struck(shuffled)


def test_another_seed_gives_other_faults() -> None:
    def struck(seed: int) -> list[list[RequestAction]]:
        faults = injector(EVERYTHING, seed)
        return [actions(faults, "patch") for _ in range(50)]

    assert struck(1) != struck(2)


@pytest.mark.parametrize("seed", range(3))
def test_a_rate_is_the_share_of_the_requests_that_are_struck(seed: int) -> None:
    faults = injector({"conflict": 0.1, "lost": 0.3, "error": 0.2}, seed)
    for _ in range(2000):
        faults.decide(REQUESTS["patch"])
    assert {kind: round(count / 2000, 1) for kind, count in faults.counts().items()} == {
        "conflict": 0.1,
        "lost": 0.3,
        "error": 0.2,
    }


def test_errors_are_of_all_three_codes_and_some_of_the_writes_happened() -> None:
    assert set(errors("patch", 200)) == {(500, False), (500, True), (503, False), (504, False), (504, True)}


def test_no_read_is_said_to_have_happened_and_failed() -> None:
    assert set(errors("list", 200)) == {(500, False), (503, False), (504, False)}


def test_faults_can_be_changed_and_ended_while_it_runs() -> None:
    faults = injector({"error": 1})
    faults.inject({"lost": 1})
    faults.decide(REQUESTS["patch"])
    faults.stop()
    faults.decide(REQUESTS["patch"])
    assert faults.counts() == {"lost": 1}
