"""With one kind of fault in a tenth of all that it can strike, and with all kinds at once: one certificate each."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from certmanager.pki.names import AltNames
from tests.certmanager.namespace import Namespace
from tests.certmanager.scenarios import ca_pair
from workshop import faults
from workshop.faults import Kind
from workshop.system.polling import eventually
from workshop.testing.operator_process import OperatorProcess

pytestmark = pytest.mark.slow

CERTIFICATES = int(os.environ.get("FAULTS_CERTIFICATES", "8"))
RATE = 0.1
KINDS = [Kind.CONFLICT, Kind.GONE, Kind.CUT, Kind.LOST, Kind.THROTTLED, Kind.ERROR, Kind.LATENCY]


@pytest.mark.parametrize("kinds", [*([kind] for kind in KINDS), KINDS], ids=[*KINDS, "all"])
def test_each_is_issued_once_for_each_spec_and_nothing_is_left_over(
    namespace: Namespace,
    start: Callable[..., OperatorProcess],
    kubeconfig: Path,
    tmp_path: Path,
    kinds: list[Kind],
) -> None:
    names = [f"cert-{number}" for number in range(CERTIFICATES)]
    with faults.running(kubeconfig, dict.fromkeys(kinds, RATE), seed=7, folder=tmp_path) as proxy:
        process = start(f"--namespace={namespace.name}", kubeconfig=proxy.kubeconfig)
        namespace.put_secret("ca", ca_pair())
        namespace.issuer(spec={"ca": {"secretName": "ca"}})
        for name in names:
            namespace.certificate(name, secretName=f"tls-of-{name}")
        for name in names:
            eventually(lambda name=name: namespace.issued(name), within=60)  # type: ignore[misc]
        for name in names:
            namespace.patch("Certificate", name, {"spec": {"dnsNames": ["b.test"]}})
        for name in names:
            eventually(lambda name=name: namespace.issued(name, 2), within=60)  # type: ignore[misc]
        assert proxy.counts().total()
        proxy.stop()
        eventually(lambda: _only(namespace, "CertificateRequest", *(f"{name}-2" for name in names)), within=60)
        eventually(lambda: _only(namespace, "Secret", "ca", *(f"tls-of-{name}" for name in names)))
        assert {AltNames.of(namespace.leaf(f"tls-of-{name}")).dns_names for name in names} == {frozenset({"b.test"})}
        assert "Traceback" not in process.output(), process.output()
        process.kill()  # before the proxy goes


def _only(namespace: Namespace, kind: str, *names: str) -> None:
    assert namespace.names(kind) == sorted(names)
