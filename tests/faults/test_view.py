"""What a client is shown: all, or what there was at some moment; and what passes it by."""

import http.client
import json
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.faults.conftest import Through
from tests.faults.plain_client import SECRETS, Client
from workshop.faults.actions import Cut, Hold, HttpRequest
from workshop.faults.request_info import RequestInfo
from workshop.faults.view import View

WATCH = RequestInfo.of(HttpRequest("GET", f"{SECRETS}?watch=1&resourceVersion=1"))


def created(client: Client, name: str) -> int:
    """Create it, and return its resourceVersion."""
    return int(client.create(name).json["metadata"]["resourceVersion"])


def added(version: int) -> bytes:
    """An event of that resourceVersion."""
    metadata = {"name": "vanilla", "resourceVersion": str(version)}
    return json.dumps({"type": "ADDED", "object": {"metadata": metadata}}).encode()


def event(line: bytes) -> str:
    decoded = json.loads(line)
    return f"{decoded['type']} {decoded['object']['metadata']['name']}"


def test_held_at_a_moment_it_shows_what_had_happened_by_then(through: Through, direct: Client) -> None:
    with (
        through() as proxy,
        Client(proxy.kubeconfig).watch(direct.version()) as stream,
        ThreadPoolExecutor() as pool,
    ):
        proxy.view.hold()
        first = pool.submit(stream.readline)
        vanilla, matcha = created(direct, "vanilla"), created(direct, "matcha")
        proxy.view.hold(vanilla)
        assert event(first.result()) == "ADDED vanilla"
        second = pool.submit(stream.readline)
        proxy.view.hold(matcha - 1)
        direct.names()
        assert not second.done()
        proxy.view.release()
        assert event(second.result()) == "ADDED matcha"


def test_what_happened_at_that_moment_is_shown_and_nothing_newer() -> None:
    view = View()
    view.hold(5)
    assert view.event_actions(WATCH, added(5)) == ()
    assert [type(action) for action in view.event_actions(WATCH, added(6))] == [Hold]


def test_held_before_an_event_it_does_not_show_that_one_either() -> None:
    view = View()
    reached = view.hold_before(lambda event: event.resource_version == 5)
    assert view.event_actions(WATCH, added(4)) == ()
    assert [type(action) for action in view.event_actions(WATCH, added(5))] == [Hold]
    assert reached.done()


def test_it_can_be_held_before_an_event_that_is_still_to_come(through: Through, direct: Client) -> None:
    with (
        through() as proxy,
        Client(proxy.kubeconfig).watch(direct.version()) as stream,
        ThreadPoolExecutor() as pool,
    ):
        reached: Future[None] = proxy.view.hold_before(lambda event: str(event) == "MODIFIED secrets/faults/vanilla")
        direct.create("vanilla")
        assert event(stream.readline()) == "ADDED vanilla"
        assert not reached.done()
        line = pool.submit(stream.readline)
        direct.patch("vanilla", scoops="3")
        reached.result(20)
        assert not line.done()
        proxy.view.release()
        assert event(line.result()) == "MODIFIED vanilla"


def test_lists_are_answered_as_of_a_moment_each_the_first_time(through: Through, direct: Client) -> None:
    vanilla = created(direct, "vanilla")
    direct.create("matcha")
    with through() as proxy:
        client = Client(proxy.kubeconfig)
        proxy.view.answer_lists_as_of(vanilla)
        assert client.names() == {"vanilla"}
        assert client.names("?limit=9") == {"vanilla"}
        assert client.names() == {"vanilla", "matcha"}
        proxy.view.answer_lists_as_of(vanilla)
        assert client.names() == {"vanilla"}
        proxy.view.answer_lists_as_of(vanilla)
        proxy.view.release()
        assert client.names() == {"vanilla", "matcha"}


def test_what_expires_passes_a_watch_by(through: Through, direct: Client) -> None:
    begin = direct.version()
    with through() as proxy, ThreadPoolExecutor() as pool:
        client = Client(proxy.kubeconfig)
        with client.watch(begin) as stream:
            proxy.view.hold()
            rest = pool.submit(stream.read)
            direct.create("vanilla")
            now = created(direct, "matcha")
            proxy.view.expire(now)
            with pytest.raises(http.client.IncompleteRead) as caught:
                rest.result()
            assert caught.value.partial == b""
        with client.watch(begin) as stream:
            assert json.loads(stream.read())["object"]["code"] == 410
        with client.watch(str(now)) as stream:
            direct.create("mango")
            assert event(stream.readline()) == "ADDED mango"


def test_a_watch_that_would_show_it_too_late_is_cut_too_and_none_that_was_opened_later() -> None:
    view = View()
    watch = HttpRequest("GET", f"{SECRETS}?watch=1&sendInitialEvents=true")
    before, after = RequestInfo.of(watch), RequestInfo.of(watch)
    assert view.request_action(before) is None
    view.expire(5)
    assert view.request_action(after) is None
    assert view.event_actions(before, added(5)) == [Cut(0)]
    assert view.event_actions(after, added(5)) == ()
    view.release()
    assert view.event_actions(before, added(5)) == ()


def test_what_it_was_shown_is_recorded_lists_and_events(through: Through, direct: Client) -> None:
    direct.create("vanilla")
    begin = direct.version()
    with through() as proxy:
        client = Client(proxy.kubeconfig)
        proxy.view.record()
        assert not proxy.view.lists_may_be_stale
        client.names("?resourceVersion=0")
        assert proxy.view.lists_may_be_stale
        with client.watch(begin) as stream:
            direct.create("matcha")
            stream.readline()
        assert [str(shown) for shown in proxy.view.take_shown()] == [
            "LISTED secrets/faults/vanilla",
            "ADDED secrets/faults/matcha",
        ]
        assert proxy.view.take_shown() == []
        proxy.view.record()
        client.send("GET", SECRETS)
        assert not proxy.view.lists_may_be_stale
