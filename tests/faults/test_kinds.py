"""Each kind of fault on requests, as a plain client and kubectl see it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.conftest import Kubectl, Through
from tests.faults.plain_client import SECRETS, Client, Reply, secret
from workshop.faults import FaultInjector
from workshop.faults.actions import HttpRequest, Respond
from workshop.system.polling import eventually
from workshop.workspace.cluster import KubectlError


def test_a_conflict_is_in_the_api_servers_own_words(through: Through, direct: Client) -> None:
    direct.create("vanilla")
    outdated = secret("vanilla")
    outdated["metadata"]["resourceVersion"] = "1"
    real = direct.send("PUT", f"{SECRETS}/vanilla", outdated)
    with through({"conflict": 1}) as proxy:
        injected = Client(proxy.kubeconfig).send("PUT", f"{SECRETS}/vanilla", secret("vanilla", scoops="3"))
    assert (injected.status, injected.body) == (real.status, real.body)
    assert injected.headers["Content-Type"] == real.headers["Content-Type"]
    assert "data" not in direct.send("GET", f"{SECRETS}/vanilla").json


def test_kubectl_understands_a_conflict(through: Through, direct: Client, kubectl: Kubectl) -> None:
    direct.create("vanilla")
    with through({"conflict": 1}) as proxy, pytest.raises(KubectlError, match="the object has been modified"):
        kubectl(proxy.kubeconfig).kubectl("annotate", "secret", "vanilla", "a=b")


def test_a_lost_replys_write_has_happened(through: Through, direct: Client) -> None:
    with through({"lost": 1}) as proxy:
        with pytest.raises(ConnectionResetError):
            Client(proxy.kubeconfig).create("vanilla")
        assert direct.names() == {"vanilla"}
        assert [str(write) for write in proxy.writes] == ["create faults/secrets"]
    assert proxy.counts() == {"lost": 1}


def test_kubectl_sees_that_the_connection_is_reset_in_place_of_the_reply(through: Through, kubectl: Kubectl) -> None:
    with through({"lost": 1}) as proxy, pytest.raises(KubectlError, match="connection reset by peer"):
        kubectl(proxy.kubeconfig).kubectl("create", "secret", "generic", "vanilla")


def test_a_lost_reply_strikes_no_read(through: Through) -> None:
    with through({"lost": 1}) as proxy:
        assert Client(proxy.kubeconfig).names() == set()


def test_too_many_requests_are_answered_as_priority_and_fairness_does(through: Through, direct: Client) -> None:
    with through({"throttled": 1}) as proxy:
        reply = Client(proxy.kubeconfig).create("vanilla")
    assert (reply.status, reply.headers["Retry-After"]) == (429, "1")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.body == b"Too many requests, please try again later.\n"
    assert direct.names() == set()


def test_kubectl_waits_and_comes_back_after_too_many_requests(through: Through, kubectl: Kubectl) -> None:
    with through({"throttled": 0.3}, seed=1) as proxy:
        kubectl(proxy.kubeconfig).kubectl("get", "secrets")
    assert proxy.counts()["throttled"] > 0


def test_an_error_is_a_status_with_its_code(through: Through) -> None:
    with through({"error": 1}) as proxy:
        replies = {reply.status: reply for reply in (_get(proxy.kubeconfig) for _ in range(30))}
    assert {code: reply.json.get("reason") for code, reply in replies.items()} == {
        500: None,
        503: "ServiceUnavailable",
        504: "Timeout",
    }
    for code, reply in replies.items():
        assert reply.headers["Content-Type"] == "application/json"
        assert (reply.json["kind"], reply.json["status"], reply.json["code"]) == ("Status", "Failure", code)


def test_a_write_that_got_an_error_may_have_happened(through: Through, direct: Client) -> None:
    with through({"error": 1}) as proxy:
        client = Client(proxy.kubeconfig)
        names = [f"flavour-{number}" for number in range(20)]
        codes = {name: client.create(name).status for name in names}
        forwarded = [fault for fault in proxy.injected if isinstance(fault.action, Respond) and fault.action.forwarded]
        happened = {json.loads(fault.request.body)["metadata"]["name"] for fault in forwarded}
    assert set(codes.values()) == {500, 503, 504}
    assert direct.names() == happened
    assert set() < happened < set(names)


def test_latency_changes_nothing_but_the_time(through: Through, direct: Client) -> None:
    with through({"latency": 1}, longest_delay=0.05) as proxy:
        assert Client(proxy.kubeconfig).create("vanilla").status == 201
    assert direct.names() == {"vanilla"}
    assert proxy.counts() == {"latency": 1}


def test_a_delayed_request_does_not_reach_the_api_server_before_its_time(through: Through, direct: Client) -> None:
    with ThreadPoolExecutor() as pool, through({"latency": 1}, longest_delay=3600) as proxy:
        delayed = pool.submit(Client(proxy.kubeconfig).create, "vanilla")
        eventually(lambda: _assert_injected(proxy, {"latency": 1}))
        proxy.stop()
        assert Client(proxy.kubeconfig).names() == set()  # others pass it
        assert not delayed.done()
    with pytest.raises(ConnectionError):
        delayed.result()
    assert direct.names() == set()


def test_a_stale_list_is_a_state_that_was(through: Through, direct: Client) -> None:
    direct.create("vanilla")
    with through({"stale": 1}) as proxy:
        client = Client(proxy.kubeconfig)
        before = client.send("GET", f"{SECRETS}?resourceVersion=0").json
        direct.create("matcha")
        eventually(lambda: _assert_names(direct, "?resourceVersion=0", {"vanilla", "matcha"}))
        stale = client.send("GET", f"{SECRETS}?resourceVersion=0").json
    assert stale == before


def test_a_list_whose_earlier_state_the_api_server_refuses_is_answered_as_asked(
    through: Through, direct: Client
) -> None:
    direct.create("vanilla")
    recent = HttpRequest("GET", f"{SECRETS}?resourceVersion=0")
    with through({"stale": 1}) as proxy:
        remember = proxy.decide(recent).on_body
        assert remember
        remember(f'{{"metadata":{{"resourceVersion":"{int(direct.version()) + 1_000_000}"}}'.encode())
        assert Client(proxy.kubeconfig).names("?resourceVersion=0") == {"vanilla"}
        assert proxy.counts() == {"stale": 1}


def test_a_list_that_must_be_the_most_recent_is_never_stale(through: Through, direct: Client) -> None:
    with through({"stale": 1}) as proxy:
        client = Client(proxy.kubeconfig)
        assert client.names("?resourceVersion=0") == set()
        created = direct.create("vanilla").json["metadata"]["resourceVersion"]
        assert client.names() == {"vanilla"}
        assert client.names(f"?resourceVersion={created}") == {"vanilla"}


def test_a_process_can_come_through_all_of_it(through: Through, direct: Client) -> None:
    kinds = ("conflict", "lost", "throttled", "error", "latency", "stale")
    with through(dict.fromkeys(kinds, 0.15), seed=3, longest_delay=0.01) as proxy:
        client = Client(proxy.kubeconfig)
        for number in range(40):
            _until_done(client, f"flavour-{number}")
        assert set(proxy.counts()) >= {"lost", "throttled", "error", "latency"}
    assert len(direct.names()) == 40


def _until_done(client: Client, name: str) -> None:
    """Create until the API server says that it is there."""
    while True:
        try:
            if client.create(name).status in (201, 409):
                return
        except ConnectionResetError:
            pass


def _get(kubeconfig: Path) -> Reply:
    return Client(kubeconfig).send("GET", SECRETS)


def _assert_injected(proxy: FaultInjector, counts: dict[str, int]) -> None:
    assert proxy.counts() == counts


def _assert_names(client: Client, query: str, names: set[str]) -> None:
    assert client.names(query) == names
