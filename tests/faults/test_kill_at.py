"""`kill_at`: a process that writes three Secrets is killed at each of its writes, before it and after it."""

import contextlib
import http.client
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from tests.faults.conftest import Through
from tests.faults.plain_client import SECRETS, Client
from workshop.faults import AFTER, BEFORE, FaultInjector, When
from workshop.faults.request_info import RequestInfo
from workshop.system import processes
from workshop.workspace.cluster import CHECKOUT

NAMES = ["a", "b", "c"]
WITHIN = 60.0


@contextlib.contextmanager
def writing(proxy: FaultInjector, log: Path, *names: str, at_once: int = 1) -> Iterator[Popen[bytes]]:
    argv = [sys.executable, "-m", "tests.faults.write_secrets", str(at_once), *names]
    process = processes.start(argv, log=log, cwd=CHECKOUT, env={"KUBECONFIG": str(proxy.kubeconfig)})
    try:
        yield process
    finally:
        processes.stop([process], grace=1)


def test_an_unharmed_run_tells_how_many_writes_there_are(through: Through, tmp_path: Path) -> None:
    with through() as proxy, writing(proxy, tmp_path / "log", *NAMES) as process:
        assert process.wait(WITHIN) == 0
        assert len(proxy.writes) == 3


@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("when", When)
def test_a_process_is_killed_at_its_nth_write(
    through: Through, direct: Client, tmp_path: Path, nth: int, when: When
) -> None:
    log = tmp_path / "log"
    with through() as proxy, writing(proxy, log, *NAMES) as process:
        killed = proxy.kill_at(nth, when, process.pid)
        assert process.wait(WITHIN) == -signal.SIGKILL
        assert str(killed.result(WITHIN)) == "create faults/secrets"
    happened = nth - 1 if when is BEFORE else nth
    assert direct.names() == set(NAMES[:happened])
    assert log.read_text().splitlines() == [f"wrote {name}" for name in NAMES[: nth - 1]]


@pytest.mark.parametrize("when", When)
def test_what_a_killed_process_had_under_way_beside_that_write_comes_before_it_or_not_at_all(
    through: Through, direct: Client, tmp_path: Path, when: When
) -> None:
    names = [f"flavour-{number}" for number in range(60)]
    with through() as proxy, writing(proxy, tmp_path / "log", *names, at_once=12) as process:
        killed = proxy.kill_at(20, when, process.pid)
        killed.result(WITHIN)
        came = proxy.writes
        process.wait()
    assert proxy.writes == came
    assert (_name(came[19]) in direct.names()) is (when is AFTER)
    assert direct.names() <= {_name(write) for write in came}
    if when is BEFORE:
        assert len(came) == 20


def test_a_process_started_again_goes_through_the_same_proxy(through: Through, direct: Client, tmp_path: Path) -> None:
    with through() as proxy:
        with writing(proxy, tmp_path / "log", *NAMES) as first:
            killed = proxy.kill_at(2, AFTER, first.kill)
            killed.result(WITHIN)
        with writing(proxy, tmp_path / "log", "e", "f") as second:
            killed = proxy.kill_at(len(proxy.writes) + 2, BEFORE, second.pid)
            killed.result(WITHIN)
    assert direct.names() == {"a", "b", "e"}


def test_reads_and_reviews_are_no_writes(through: Through) -> None:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "get", "resource": "secrets"}},
    }
    with through() as proxy:
        client = Client(proxy.kubeconfig)
        client.names()
        assert client.send("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review).status == 201
        assert client.send("POST", f"{SECRETS}?dryRun=All", {"metadata": {"name": "a"}}).status == 201
        assert proxy.writes == []


def test_all_of_the_killed_clients_connections_go(through: Through, direct: Client) -> None:
    with through() as proxy, Client(proxy.kubeconfig).watch(direct.version()) as stream:
        proxy.kill_at(1, BEFORE, lambda: None)
        with pytest.raises(ConnectionResetError):
            Client(proxy.kubeconfig).create("a")
        with pytest.raises(http.client.IncompleteRead):
            stream.read()
    assert direct.names() == set()


def test_a_kill_that_is_forgotten_kills_nobody(through: Through, direct: Client) -> None:
    with through() as proxy:
        killed = proxy.kill_at(1, BEFORE, lambda: None)
        proxy.kill_nobody()
        assert Client(proxy.kubeconfig).create("a").status == 201
        assert not killed.done()
    assert direct.names() == {"a"}


def test_that_a_process_cannot_be_killed_is_raised_to_whoever_waits(through: Through) -> None:
    def nobody() -> None:
        raise ProcessLookupError("it has ended already")

    with through() as proxy:
        killed = proxy.kill_at(1, BEFORE, nobody)
        with pytest.raises(ConnectionResetError):
            Client(proxy.kubeconfig).create("a")
        with pytest.raises(ProcessLookupError, match="has ended already"):
            killed.result(WITHIN)


@pytest.mark.parametrize(
    ("nth", "message"),
    [(1, "Write 1 has come already: create faults/secrets"), (0, "Write 0 has come already: writes count from 1")],
)
def test_a_write_that_has_come_cannot_be_the_one(through: Through, nth: int, message: str) -> None:
    with through() as proxy:
        Client(proxy.kubeconfig).create("a")
        with pytest.raises(ValueError, match=message):
            proxy.kill_at(nth, BEFORE, lambda: None)


def _name(write: RequestInfo) -> str:
    return str(json.loads(write.body)["metadata"]["name"])
