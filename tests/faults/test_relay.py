"""Watches on their way to the client: what passes, what is cut, and what ends them."""

import http.client
import json
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.conftest import Kubectl, Through
from tests.faults.plain_client import Client
from workshop.faults import BEFORE, FaultInjector
from workshop.faults.relay import lines
from workshop.system.polling import eventually
from workshop.testing import audit_log
from workshop.testing.control_plane import ControlPlane


def event(line: bytes) -> tuple[str, str]:
    """Type and name of an event."""
    decoded = json.loads(line)
    return decoded["type"], decoded["object"]["metadata"]["name"]


def test_events_pass_as_they_come(through: Through, direct: Client) -> None:
    with through() as proxy, Client(proxy.kubeconfig).watch(direct.version()) as stream:
        for name in ("vanilla", "matcha"):
            direct.create(name)
            assert event(stream.readline()) == ("ADDED", name)  # it would wait for more, if pieces were kept back
        direct.patch("vanilla", scoops="3")
        assert event(stream.readline()) == ("MODIFIED", "vanilla")


def test_an_event_passes_byte_for_byte_however_long_it_is(through: Through, direct: Client) -> None:
    begin = direct.version()
    direct.create("vanilla")
    direct.patch("vanilla", scoops="x" * 900_000)
    with through() as proxy, Client(proxy.kubeconfig).watch(begin) as passed, direct.watch(begin) as real:
        assert [passed.readline(), passed.readline()] == [real.readline(), real.readline()]


@given(st.lists(st.binary()))
async def test_lines_are_taken_apart_wherever_the_pieces_end(pieces: list[bytes]) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    assert [line async for line in lines(stream())] == re.findall(rb"[^\n]*\n|[^\n]+", b"".join(pieces))


def test_a_watch_that_the_api_server_ends_ends(through: Through) -> None:
    with through() as proxy, Client(proxy.kubeconfig).watch(timeoutSeconds="1") as stream:
        assert stream.read() == b""


def test_a_watch_is_cut_at_an_event_or_in_the_middle_of_it(through: Through, direct: Client) -> None:
    begin, rests = direct.version(), set()
    direct.create("vanilla")
    with through({"cut": 1}) as proxy:
        for _ in range(10):
            with Client(proxy.kubeconfig).watch(begin) as stream, pytest.raises(http.client.IncompleteRead) as caught:
                stream.read()
            rests.add(caught.value.partial)
    assert b"" in rests
    assert len(rests) > 1
    assert not any(rest.endswith(b"\n") for rest in rests)


def test_a_cut_loses_nothing_to_a_client_that_goes_on_where_it_was(through: Through, direct: Client) -> None:
    begin, names = direct.version(), [f"flavour-{number}" for number in range(12)]
    for name in names:
        direct.create(name)
    with through({"cut": 0.3}, seed=5) as proxy:
        assert list(_watched(Client(proxy.kubeconfig), begin, len(names))) == names
        assert proxy.counts()["cut"] > 0


def _watched(client: Client, version: str, count: int) -> list[str]:
    """The names of the first `count` events after `version`, through as many watches as it takes."""
    names: list[str] = []
    while len(names) < count:
        with client.watch(version) as stream:
            while len(names) < count and (line := _line(stream)):
                names.append(event(line)[1])
                version = json.loads(line)["object"]["metadata"]["resourceVersion"]
    return names


def _line(stream: http.client.HTTPResponse) -> bytes:
    """The next line, if it is complete."""
    try:
        line = stream.readline()
    except http.client.IncompleteRead:
        return b""
    return line if line.endswith(b"\n") else b""


def test_a_watch_from_an_old_version_is_gone_as_status_or_as_event(through: Through, direct: Client) -> None:
    begin, forms = direct.version(), {}
    with through({"gone": 1}) as proxy:
        for _ in range(12):
            with Client(proxy.kubeconfig).watch(begin) as stream:
                forms[stream.status] = json.loads(stream.read())
    assert set(forms) == {200, 410}
    assert forms[200] == {"type": "ERROR", "object": forms[410]}
    assert forms[410] == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"too old resource version: {begin} ({int(begin) + 1})",
        "reason": "Expired",
        "code": 410,
    }


def test_a_watch_that_runs_is_ended_by_an_error_event(through: Through, direct: Client) -> None:
    with through() as proxy, Client(proxy.kubeconfig).watch(direct.version()) as stream:
        direct.create("vanilla")
        assert event(stream.readline()) == ("ADDED", "vanilla")
        proxy.inject({"gone": 1})
        direct.create("matcha")
        error = json.loads(stream.readline())
        assert (error["type"], error["object"]["code"], error["object"]["reason"]) == ("ERROR", 410, "Expired")
        assert stream.read() == b""


def test_kubectl_shows_that_a_watch_is_gone(through: Through, direct: Client, kubectl: Kubectl) -> None:
    direct.create("vanilla")
    with through({"gone": 1}) as proxy:  # kubectl prints the status of an ERROR event like any other object
        shown = kubectl(proxy.kubeconfig).kubectl("get", "secrets", "--watch-only", check=False)
    assert re.search(r"Expired.*too old resource version: \d+", shown)


def test_latency_keeps_the_order_of_events(through: Through, direct: Client) -> None:
    begin = direct.version()
    for name in ("a", "b", "c"):
        direct.create(name)
    with through({"latency": 1}, longest_delay=0.02) as proxy, Client(proxy.kubeconfig).watch(begin) as stream:
        assert [event(stream.readline())[1] for _ in range(3)] == ["a", "b", "c"]
        assert [fault.event for fault in proxy.injected] == [None, 0, 1, 2]


def test_latency_keeps_an_event_back(through: Through, direct: Client) -> None:
    with (
        through(longest_delay=3600) as proxy,
        direct.watch(direct.version()) as real,
        Client(proxy.kubeconfig).watch(direct.version()) as passed,
        ThreadPoolExecutor() as pool,
    ):
        delayed = pool.submit(passed.read)
        proxy.inject({"latency": 1})
        direct.create("vanilla")
        real.readline()
        eventually(lambda: _assert_injected(proxy, {"latency": 1}))
        direct.names()
        assert not delayed.done()
        proxy.kill_at(1, BEFORE, lambda: None)
        proxy.stop()
        with pytest.raises(ConnectionResetError):
            Client(proxy.kubeconfig).create("matcha")  # all connections of the client go, this watch too
        with pytest.raises(http.client.IncompleteRead) as caught:
            delayed.result()
    assert caught.value.partial == b""


def test_held_watches_make_a_cache_stale_until_they_are_let_go(through: Through, direct: Client) -> None:
    with (
        through() as proxy,
        direct.watch(direct.version()) as real,
        Client(proxy.kubeconfig).watch(direct.version()) as passed,
        ThreadPoolExecutor() as pool,
    ):
        with proxy.watches_held():
            line = pool.submit(passed.readline)
            direct.create("vanilla")
            assert event(real.readline()) == ("ADDED", "vanilla")
            assert Client(proxy.kubeconfig).names() == {"vanilla"}  # reads pass
            assert not line.done()
        assert event(line.result()) == ("ADDED", "vanilla")


def test_a_watch_that_the_client_gives_up_ends_at_the_api_server(
    through: Through, direct: Client, control_plane: ControlPlane
) -> None:

    def ended() -> None:
        uris = [
            event["requestURI"] for event in audit_log.events(control_plane) if event["stage"] == "ResponseComplete"
        ]
        assert any("given-up" in uri for uri in uris)

    with through() as proxy:
        with Client(proxy.kubeconfig).watch(direct.version(), fieldSelector="metadata.name%3Dgiven-up"):
            pass
        eventually(ended)


def _assert_injected(proxy: FaultInjector, counts: dict[str, int]) -> None:
    assert proxy.counts() == counts
