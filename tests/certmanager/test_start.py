"""Starting where something is missing: what the controllers say, and whether they wait or end."""

import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from kubernetes.client import ApiException

from tests.certmanager.namespace import CERTMANAGER, Namespace
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import connected
from workshop.testing.operator_process import OperatorProcess
from workshop.workspace import operators

pytestmark = pytest.mark.slow

Start = Callable[..., OperatorProcess]


def run(*arguments: str, kubeconfig: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "certmanager", *arguments],
        env={"KUBECONFIG": kubeconfig},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def eventually_says(process: OperatorProcess, *words: str) -> None:
    def look() -> None:
        assert [word for word in words if word not in process.output()] == [], process.output()

    eventually(look)
    assert process.is_alive


def test_without_the_crds_it_waits_and_says_what_for(fresh_control_plane: ControlPlane, start: Start) -> None:
    process = start(kubeconfig=fresh_control_plane.kubeconfig)
    eventually_says(process, "doesn't know certificates", "kubectl apply -k deploy/certmanager/crds")
    operators.log_in(CERTMANAGER, fresh_control_plane)
    with connected(fresh_control_plane.kubeconfig) as client:
        namespace = Namespace(fresh_control_plane, client, "default")
        namespace.issuer()
        namespace.certificate()
        namespace.eventually_issued()
        fresh_control_plane.kubectl("delete", "-k", "deploy/certmanager/crds")
        operators.log_in(CERTMANAGER, fresh_control_plane)
        eventually(lambda: _order(namespace), retry_on=ApiException)
        namespace.eventually_issued()
        assert process.terminate() == 0


def _order(namespace: Namespace) -> None:
    namespace.issuer("again")
    namespace.certificate(issuerRef={"name": "again"})


def test_without_permission_it_waits_and_says_what_for(namespace: Namespace, start: Start) -> None:
    cluster = namespace.cluster
    cluster.kubectl("delete", "clusterrolebinding", "cert-manager-controller-issuers")
    process = start(f"--namespace={namespace.name}")
    eventually_says(process, "is forbidden", "kubectl apply -k deploy/certmanager")
    operators.log_in(CERTMANAGER, cluster)
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()


def test_it_serves_health_and_metrics_where_it_is_told_to(namespace: Namespace, start: Start) -> None:
    free = "127.0.0.1:0"
    process = start(
        f"--namespace={namespace.name}", f"--healthz-listen-address={free}", f"--metrics-listen-address={free}"
    )
    namespace.issuer()
    namespace.certificate()
    namespace.eventually_issued()
    served = [line.split(" on ")[1] for line in process.output().splitlines() if "Serving" in line]
    paths = "/healthz", "/readyz"
    for path in paths:
        with urllib.request.urlopen(served[0] + path, timeout=5) as response:
            assert response.status == 200
    with urllib.request.urlopen(served[1] + "/metrics", timeout=5) as response:
        lines = response.read().decode().splitlines()
    assert 'workqueue_depth{name="certificates"} 0.0' in lines


def test_it_looks_at_its_namespace_only(namespace: Namespace, start: Start) -> None:
    process = start("--namespace=elsewhere")
    eventually_says(process, *(f"The cache of {kind} is synced: 0" for kind in ("certificates", "secrets", "issuers")))
    namespace.issuer()
    namespace.certificate()
    start(f"--namespace={namespace.name}")
    namespace.eventually_issued()
    assert "looking again" not in process.output()


def test_without_a_kubeconfig_it_says_how_to_give_one() -> None:
    ended = run()
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Give --kubeconfig FILE or set the variable KUBECONFIG" in ended.stderr


def test_a_kubeconfig_that_is_none_is_named(tmp_path: Path) -> None:
    ended = run(f"--kubeconfig={tmp_path / 'none'}")
    assert (ended.returncode, ended.stderr) == (2, f"certmanager: There is no kubeconfig {tmp_path / 'none'}.\n")


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_number_of_workers_that_is_none_is_refused(number: str) -> None:
    ended = run(f"--concurrent-workers={number}")
    assert ended.returncode == 2
    assert f"{number!r} is not a number from 1 on" in ended.stderr
