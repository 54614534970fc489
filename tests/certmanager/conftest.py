"""A control plane that serves cert-manager's API, with its policies in force."""

import base64
from collections.abc import Iterator

import pytest

from certmanager.pki import keys, requests
from certmanager.pki.names import AltNames, Subject
from tests.certmanager.api import Api, Refused
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane, running_control_plane
from workshop.testing.icecreams import connected

KINDS = ("certificates", "certificaterequests", "issuers", "clusterissuers")


@pytest.fixture(scope="session")
def serving(csr: bytes) -> Iterator[ControlPlane]:
    """A control plane with what deploy/certmanager brings; others than these tests delete all CRDs that they find."""
    with running_control_plane() as control_plane:
        control_plane.kubectl("apply", "--server-side", "-k", "deploy/certmanager")
        names = [f"crd/{kind}.cert-manager.io" for kind in KINDS]
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
