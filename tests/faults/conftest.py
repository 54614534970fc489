"""A user with a token on the session's control plane, who finds no Secrets there, and proxies for that user."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.plain_client import NAMESPACE, SECRETS, Client
from workshop import faults
from workshop.controlplane import kubeconfig
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import Cluster

Kubectl = Callable[[Path], Cluster]
Through = Callable[..., AbstractContextManager[faults.FaultInjector]]


@pytest.fixture(scope="session")
def user(control_plane: ControlPlane) -> Iterator[Path]:
    """The kubeconfig of a service account that may do what it likes with Secrets."""
    yield log_in(control_plane)
    control_plane.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def log_in(control_plane: ControlPlane) -> Path:
    """Make that account, and return its kubeconfig."""
    control_plane.kubectl("create", "namespace", NAMESPACE)
    control_plane.kubectl("create", "serviceaccount", "user", "-n", NAMESPACE)
    control_plane.kubectl("create", "role", "user", "--verb=*", "--resource=secrets", "-n", NAMESPACE)
    account = f"--serviceaccount={NAMESPACE}:user"
    control_plane.kubectl("create", "rolebinding", "user", "--role=user", account, "-n", NAMESPACE)
    token = control_plane.kubectl("create", "token", "user", "-n", NAMESPACE).strip()
    admin = json.loads(control_plane.kubeconfig.read_text())
    path = control_plane.folder / "user.kubeconfig"
    kubeconfig.write(path, kubeconfig.with_token(admin["clusters"][0]["cluster"], token, NAMESPACE))
    return path


@pytest.fixture
def direct(user: Path) -> Iterator[Client]:
    """The user without a proxy, among no Secrets."""
    client = Client(user)
    yield client
    client.send("DELETE", SECRETS)


@pytest.fixture
def through(user: Path, direct: Client) -> Through:  # noqa: ARG001 - what is written goes at the end
    """Open a proxy for the user: `through({"conflict": 1}, seed=7)`."""

    def opened(rates: dict[str, float] | None = None, **options: Any) -> AbstractContextManager[faults.FaultInjector]:
        return faults.running(user, rates, **options)

    return opened


@pytest.fixture
def kubectl(control_plane: ControlPlane) -> Kubectl:
    """Kubectl with another kubeconfig."""
    return lambda path: Cluster(control_plane.folder, path, control_plane.kubectl_path)
