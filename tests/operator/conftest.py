"""A shop: the CRD on a real control plane, the operator as a process under its own service account, and kubectl."""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.operator import api
from workshop.testing.control_plane import ControlPlane
from workshop.testing.operator_process import ForkedOperator
from workshop.testing.polling import eventually
from workshop.workspace import operators

OPERATOR = "system:serviceaccount:demooperator-system:demooperator-controller-manager"
WRITES = {"create", "update", "patch", "delete", "deletecollection"}


def order(name: str, *flavours: str, **metadata: Any) -> dict[str, Any]:
    """An Icecream manifest."""
    return {
        "apiVersion": "demo.lva.io/v1",
        "kind": "Icecream",
        "metadata": {"name": name, **metadata},
        "spec": {"flavour": list(flavours)},
    }


@functools.cache
def _kubeconfig(cluster: ControlPlane) -> Path:
    """Give the operator its service account, and return how it logs in."""
    return operators.log_in(operators.OPERATORS["operator"], cluster)


class Shop:
    """What a test does with icecreams, and sees of them."""

    def __init__(self, cluster: ControlPlane) -> None:
        self.cluster = cluster
        self.kubectl = cluster.kubectl

    @contextmanager
    def operator(self, *arguments: str) -> Iterator[ForkedOperator]:
        """The operator, ended at the end of the `with` if it still runs then."""
        log = self.cluster.folder / "forked.log"
        log.unlink(missing_ok=True)
        operator = ForkedOperator(_kubeconfig(self.cluster), log, *arguments)
        try:
            yield operator
        finally:
            operator.terminate()

    def open(self) -> None:
        """Give the API server the CRD, and wait until it serves icecreams."""
        self.kubectl("apply", "--server-side", "--force-conflicts", "-f", "deploy/crds")
        self.kubectl("wait", "--for=condition=Established", "crd/icecreams.demo.lva.io")

    def create(self, *icecreams: dict[str, Any]) -> list[dict[str, Any]]:
        """Create them one after the other and return them as they were stored."""
        manifest = {"apiVersion": "v1", "kind": "List", "items": list(icecreams)}
        answer = self.kubectl("create", "-f", "-", "-o", "jsonpath={@}{'\\n'}", stdin=json.dumps(manifest))
        return [json.loads(line) for line in answer.splitlines()]

    def icecreams(self) -> dict[str, dict[str, Any]]:
        return {item["metadata"]["name"]: item for item in self.cluster.get("icecreams")["items"]}

    def delete(self, *names: str) -> None:
        self.kubectl("delete", "icecream", *names, "--wait=false")

    def eventually_left(self, *names: str) -> None:
        """Wait until these are left, and each of them is sold."""

        def look() -> None:
            left = {name: ready(icecream) for name, icecream in self.icecreams().items()}
            assert left == dict.fromkeys(names, ("True", "Sold"))

        eventually(look)

    def eventually_ready(self, **reasons: str) -> None:
        """Wait until the condition Ready of these has these reasons."""

        def look() -> None:
            icecreams = self.icecreams()
            assert {name: ready(icecreams.get(name))[1] for name in reasons} == reasons

        eventually(look)

    def eventually_status(self, name: str, **fields: Any) -> dict[str, Any]:
        """Wait until the status has these fields, and return it."""

        def look() -> dict[str, Any]:
            status: dict[str, Any] = self.icecreams()[name].get("status", {})
            assert {field: status.get(field) for field in fields} == fields
            return status

        return eventually(look)

    def eventually_event(self, name: str, reason: str, note: str) -> None:
        """Wait until there is such an Event about an icecream."""

        def look() -> None:
            assert (reason, note) in self.events(name)

        eventually(look)

    def catch_up(self) -> None:
        """Wait until the operator has dealt with all that happened before this call, but for telling of it in Events.

        It takes keys in the order in which they came, so what was sold last was looked at last.
        """
        self.create(order("zz-catch-up", "catch-up"))
        self.eventually_ready(**{"zz-catch-up": "Sold"})
        self.kubectl("delete", "icecream", "zz-catch-up")

    def writes(self, *, but_not: str = "zz-catch-up") -> list[tuple[str, str, int]]:
        """What the operator wrote so far, from the audit log: verb, name (of Events: what they regard), HTTP code."""
        return [
            (event["verb"], _subject(event), event["responseStatus"]["code"])
            for event in self.cluster.audit_events()
            if event["user"].get("username") == OPERATOR and event["verb"] in WRITES and _subject(event) != but_not
        ]

    def events(self, name: str) -> list[tuple[str, str]]:
        """Reason and note of the Events about an icecream."""
        return [
            (event["reason"], event["note"])
            for event in self.cluster.get("events.v1.events.k8s.io", "--namespace=default")["items"]
            if event["regarding"]["name"] == name
        ]


def ready(icecream: dict[str, Any] | None) -> tuple[str, str]:
    """Status and reason of the condition Ready."""
    for condition in (icecream or {}).get("status", {}).get("conditions", ()):
        if condition["type"] == "Ready":
            return condition["status"], condition["reason"]
    return "", ""


def _subject(event: dict[str, Any]) -> str:
    if event["objectRef"]["resource"] == "events":
        if "requestObject" not in event:
            return "Event, refused before it was read"
        return "Event about " + str(event["requestObject"]["regarding"]["name"])
    return str(event["objectRef"].get("name", ""))


@pytest.fixture
def shop(control_plane: ControlPlane) -> Iterator[Shop]:
    """A shop without an icecream, and without an operator."""
    opened = Shop(control_plane)
    opened.open()
    yield opened
    for name, icecream in opened.icecreams().items():
        if "finalizers" in icecream["metadata"]:
            opened.kubectl("patch", "icecream", name, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    opened.kubectl("delete", "icecreams", "--all")


@pytest.fixture
def fresh_shop(fresh_control_plane: ControlPlane) -> Shop:
    """A control plane of its own, without the CRD."""
    return Shop(fresh_control_plane)


@pytest.fixture
def operator(shop: Shop) -> Iterator[ForkedOperator]:
    """The operator as it is by default: it evicts."""
    with shop.operator() as process:
        yield process


@pytest.fixture
def marking(shop: Shop) -> Iterator[ForkedOperator]:
    """The operator that marks."""
    with shop.operator("--on-oversell=mark") as process:
        yield process


@pytest.fixture
def icecreams(shop: Shop) -> Iterator[api.Icecreams]:
    """The shop for whoever acts often."""
    with api.connected(shop.cluster.kubeconfig) as connected:
        yield connected


@pytest.fixture(scope="session")
def operators_kubeconfig(control_plane: ControlPlane) -> Path:
    """Who the operator is."""
    return _kubeconfig(control_plane)


@pytest.fixture
def forked(operators_kubeconfig: Path, tmp_path: Path) -> Iterator[Callable[..., ForkedOperator]]:
    """Start an operator: `forked("--on-oversell=mark", kubeconfig=proxy.kubeconfig)`."""
    started: list[ForkedOperator] = []

    def start(*arguments: str, kubeconfig: Path = operators_kubeconfig) -> ForkedOperator:
        started.append(ForkedOperator(kubeconfig, tmp_path / f"operator-{len(started)}.log", *arguments))
        return started[-1]

    yield start
    for operator in started:
        operator.kill()


_figures: list[str] = []


@pytest.fixture
def report_figure() -> Callable[[str], None]:
    """Have a figure reported at the end of the test run."""
    return _figures.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _figures:
        terminalreporter.section("the operator in figures")
        for figure in _figures:
            terminalreporter.write_line(figure)
