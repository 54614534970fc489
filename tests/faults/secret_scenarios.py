"""A scenario for the operator of `serve_secrets`: a Secret goes off, and another takes its name."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.faults.conftest import log_in
from tests.faults.plain_client import SECRETS, Client
from workshop.faults import Scenario
from workshop.faults.scenario import OWN
from workshop.system import processes
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import CHECKOUT


@contextlib.contextmanager
def prepared(control_plane: ControlPlane) -> Iterator[tuple[Path, list[Scenario]]]:
    """With a careful operator, and with a careless one."""
    user = log_in(control_plane)
    yield user, [goes_off(Client(user), control_plane.folder, kind) for kind in ("careful", "careless")]


def goes_off(client: Client, folder: Path, kind: str) -> Scenario:
    def settled() -> None:
        assert set(secrets(client).values()) <= {(False, True)}

    return Scenario(
        name=f"one goes off, another comes ({kind})",
        start=lambda kubeconfig: Serving(kubeconfig, folder / "log", kind),
        settled=settled,
        end=lambda: secrets(client),
        mark=lambda name: create(client, name),
        unmark=lambda name: client.send("DELETE", f"{SECRETS}/{name}"),
        clean_up=lambda: client.send("DELETE", SECRETS),
        before=[lambda: create(client, "vanilla")],
        steps=[lambda: client.patch("vanilla", off="yes"), lambda: create(client, "vanilla")],
        within=5,
    )


class Serving:
    """The operator of `serve_secrets`."""

    def __init__(self, kubeconfig: Path, log: Path, *arguments: str) -> None:
        argv = [sys.executable, "-m", "tests.faults.serve_secrets", *arguments]
        self._process = processes.start(argv, log=log, cwd=CHECKOUT, env={"KUBECONFIG": str(kubeconfig)})

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def secrets(client: Client) -> dict[str, tuple[bool, bool]]:
    """By name, whether they have gone off, and are served."""
    items = client.send("GET", SECRETS).json["items"]
    by_name = {item["metadata"]["name"]: item for item in items if not item["metadata"]["name"].startswith(OWN)}
    return {
        name: ("off" in item.get("data", {}), "served" in item["metadata"].get("labels", {}))
        for name, item in by_name.items()
    }


def create(client: Client, name: str) -> int:
    reply = client.create(name)
    assert reply.status == 201, reply.json["message"]  # it can't be done as long as there is one
    return int(reply.json["metadata"]["resourceVersion"])
