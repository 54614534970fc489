"""A control plane that is up: what `workshop up` says, what the other commands say of it, and who gets at it."""

import json
import re
import stat
import subprocess
from collections.abc import Iterator

import psutil
import pytest

from tests.controlplane.conftest import Workspace
from tests.proxies import DEAD_PROXY
from workshop.controlplane.layout import Layout

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace whose control plane is up, and is left so."""
    workspace = Workspace(Layout(tmp_path_factory.mktemp("up") / "home"))
    workspace.up()
    yield workspace
    workspace.down()


def test_up_twice_is_up_once_and_says_what_to_type_next(up: Workspace) -> None:
    before = up.state()
    again = up.workshop("up")
    assert again.returncode == 0
    assert "already up" in again.stdout
    assert "make shell" in again.stdout
    assert up.state() == before


def test_status_says_what_runs_and_what_there_isnt(up: Workspace) -> None:
    status = up.workshop("status")
    assert status.returncode == 0
    for line in (f"ready: {up.state().server}", "  kube-controller-manager  process", "no kubelet and no scheduler"):
        assert line in status.stdout


def test_status_for_programs_is_json(up: Workspace) -> None:
    status = json.loads(up.workshop("status", "-o", "json").stdout)
    assert status["state"] == "ready"
    assert set(status["components"]) == {"etcd", "kube-apiserver", "kube-controller-manager"}


def test_the_supervisor_takes_60_megabytes_at_most(up: Workspace) -> None:
    supervisor = json.loads(up.workshop("status", "-o", "json").stdout)["supervisor"]
    assert 0 < supervisor["megabytes"] <= 60


def test_keys_and_kubeconfigs_are_for_the_users_eyes_only(up: Workspace) -> None:
    secrets = [*up.layout.pki.glob("*.key"), *up.layout.root.rglob("*kubeconfig")]
    assert len(secrets) >= 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(up.layout.controlplane.stat().st_mode) == 0o700


def test_it_listens_on_loopback_only(up: Workspace) -> None:
    listening = [
        connection.laddr
        for process in up.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == [("127.0.0.1", up.state().port)]


def test_logs_names_the_logs_that_there_are(up: Workspace) -> None:
    assert "Version: v" in up.workshop("logs", "kube-apiserver").stdout
    wrong = up.workshop("logs", "kubelet")
    assert wrong.returncode == 1
    assert "There are: audit, etcd" in wrong.stderr


def test_logs_without_a_name_shows_the_end_of_each(up: Workspace) -> None:
    shown = up.workshop("logs").stdout
    for component in ("etcd", "kube-apiserver", "kube-controller-manager", "audit"):
        assert re.search(rf"^==> {component} <==$", shown, re.MULTILINE)
    assert re.search(r"^==> kube-apiserver <==\n[IWE]\d{4} ", shown, re.MULTILINE)


def test_env_keeps_programs_in_the_shell_from_using_a_proxy_for_loopback(up: Workspace) -> None:
    exports = up.workshop("env", HTTPS_PROXY=DEAD_PROXY, no_proxy="a.example").stdout
    show = exports + 'echo "$NO_PROXY $no_proxy"'
    shown = subprocess.run(["sh", "-c", show], capture_output=True, text=True, check=True).stdout.split()
    assert shown == ["a.example,localhost,127.0.0.1,127.0.0.0/8,::1"] * 2


def test_env_makes_kubectl_use_the_cluster(up: Workspace) -> None:
    script = up.workshop("env").stdout + "kubectl get namespace default -o name"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "namespace/default\n"
    assert list(up.layout.kubectl_cache.iterdir())
