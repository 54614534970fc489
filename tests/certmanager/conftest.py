"""The controllers as a process under their own service account, and a namespace of each test's own."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.certmanager.namespace import CERTMANAGER, Namespace
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import connected
from workshop.testing.operator_process import OperatorProcess
from workshop.workspace import operators

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kubeconfig(control_plane: ControlPlane) -> Path:
    """The controllers' own, with CRDs, policies, service account and roles."""
    return operators.log_in(CERTMANAGER, control_plane)


@pytest.fixture
def start(kubeconfig: Path, tmp_path: Path) -> Iterator[Callable[..., OperatorProcess]]:
    """Start the controllers: `start("--namespace=a", kubeconfig=proxy.kubeconfig)`."""
    started: list[OperatorProcess] = []

    def start_one(*arguments: str, kubeconfig: Path = kubeconfig) -> OperatorProcess:
        log = tmp_path / f"certmanager-{len(started)}.log"
        started.append(OperatorProcess(kubeconfig, log, *arguments, module=CERTMANAGER.module))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()


@pytest.fixture
def namespace(control_plane: ControlPlane, kubeconfig: Path) -> Iterator[Namespace]:
    """An empty namespace; the last test's is not worth waiting for."""
    assert kubeconfig.exists()  # and so do the CRDs
    name = f"certs-{next(_numbers)}"
    control_plane.kubectl("create", "namespace", name)
    with connected(control_plane.kubeconfig) as client:
        yield Namespace(control_plane, client, name)
    control_plane.kubectl("delete", "certificates.cert-manager.io", "--all", f"-n={name}", "--wait=false")
    control_plane.kubectl("delete", "issuers.cert-manager.io", "--all", f"-n={name}", "--wait=false")


@pytest.fixture
def controllers(start: Callable[..., OperatorProcess], namespace: Namespace) -> OperatorProcess:
    """The controllers, for this namespace."""
    return start(f"--namespace={namespace.name}")
