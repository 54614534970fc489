"""A control plane that serves cert-manager's API, the controllers as a process, and a namespace of each test's own."""

import base64
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from certmanager.pki import keys, requests
from certmanager.pki.names import AltNames, Subject
from tests.certmanager.api import RESOURCES, Api, Refused
from tests.certmanager.namespace import CERTMANAGER, Namespace
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane, running_control_plane
from workshop.testing.icecreams import connected
from workshop.testing.operator_process import OperatorProcess
from workshop.workspace import operators

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def serving(csr: bytes) -> Iterator[ControlPlane]:
    """A control plane with what deploy/certmanager brings; others than these tests delete all CRDs that they find."""
    with running_control_plane() as control_plane:
        control_plane.kubectl("apply", "--server-side", "-k", CERTMANAGER.manifests)
        names = [f"crd/{resource}.cert-manager.io" for resource in RESOURCES.values()]
        control_plane.kubectl("wait", "--for=create", "--for=condition=Established", "--timeout=60s", *names)
        with connected(control_plane.kubeconfig) as client:
            eventually(lambda: _policies_are_in_force(Api(client), csr), within=60, retry_on=(AssertionError, Refused))
        yield control_plane


@pytest.fixture(scope="session")
def api(serving: ControlPlane) -> Iterator[Api]:
    """The API as an admin uses it."""
    with connected(serving.kubeconfig) as client:
        yield Api(client)


@pytest.fixture(scope="session")
def csr() -> bytes:
    """A signing request in PEM."""
    return requests.to_pem(requests.create(keys.generate(), AltNames(frozenset({"a.example"})), Subject()))


@pytest.fixture(scope="session")
def kubeconfig(serving: ControlPlane) -> Path:
    """The controllers' own, with service account and roles."""
    return operators.log_in(CERTMANAGER, serving)


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
def namespace(serving: ControlPlane) -> Iterator[Namespace]:
    """An empty namespace; the last test's is not worth waiting for."""
    name = f"certs-{next(_numbers)}"
    serving.kubectl("create", "namespace", name)
    with connected(serving.kubeconfig) as client:
        yield Namespace(serving, client, name)
    serving.kubectl("delete", "certificates.cert-manager.io", "--all", f"-n={name}", "--wait=false")
    serving.kubectl("delete", "issuers.cert-manager.io", "--all", f"-n={name}", "--wait=false")


@pytest.fixture
def controllers(start: Callable[..., OperatorProcess], namespace: Namespace) -> OperatorProcess:
    """The controllers, for this namespace."""
    return start(f"--namespace={namespace.name}")


def _policies_are_in_force(api: Api, csr: bytes) -> None:
    """The API server takes a moment to know of a policy, and there is no condition that says when it does.

    Raises:
        AssertionError: one isn't yet.
        Refused: one is, and what it needs isn't.
    """
    spec = {"secretName": "s", "issuerRef": {"name": "i"}, "ipAddresses": ["none"]}
    refused = ""
    try:
        api.create("Certificate", spec, dry_run=True)
    except Refused as refusal:
        refused = str(refusal)
    assert "invalid IP address" in refused, f"no policy looks at Certificates: {refused}"
    request = {"issuerRef": {"name": "i"}, "request": base64.b64encode(csr).decode()}
    stored = api.create("CertificateRequest", request, dry_run=True)
    assert stored["spec"].get("username"), "no policy stamps requests"
