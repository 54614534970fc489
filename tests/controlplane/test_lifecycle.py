"""`workshop up`, `down`, `reset`, `status`: what a student types, in any order and after any crash."""

import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.controlplane.conftest import Workspace
from workshop.controlplane.providers import local
from workshop.system.polling import eventually
from workshop.workspace.cluster import KUBECTL_CACHE


def _wait_until_gone(workspace: Workspace) -> None:
    def look() -> None:
        assert workspace.processes() == []

    eventually(look)


def test_up_says_what_to_type_next_and_the_cluster_answers(workspace: Workspace) -> None:
    done = workspace.workshop("up")
    assert done.returncode == 0, done.stderr
    assert "make shell" in done.stdout
    status = workspace.workshop("status")
    assert status.returncode == 0
    assert "no kubelet and no scheduler" in status.stdout


def test_up_twice_is_up_once(workspace: Workspace) -> None:
    workspace.up()
    before = workspace.record()
    done = workspace.workshop("up")
    assert "already up" in done.stdout
    assert workspace.record() == before


def test_two_ups_at_once_start_one_control_plane(workspace: Workspace) -> None:
    both = [workspace.start("up"), workspace.start("up")]
    outputs = [each.communicate(timeout=120) for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    names = sorted(process.name() for process in workspace.processes())
    assert names.count("kube-apiserver") == 1


def test_down_keeps_the_data_and_the_port(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "kept", "--from-literal=flavour=vanilla")
    port = workspace.record().port
    assert workspace.workshop("down").stdout.startswith("The control plane is down")
    assert workspace.processes() == []
    cluster = workspace.up()
    assert cluster.get("configmap", "kept")["data"] == {"flavour": "vanilla"}
    assert workspace.record().port == port


def test_reset_forgets_the_data_and_is_up_again(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "forgotten")
    done = workspace.workshop("reset")
    assert "up again, empty" in done.stdout, done.stderr
    assert "NotFound" in cluster.kubectl("get", "configmap", "forgotten", check=False)


def test_reset_of_what_is_down_leaves_nothing_behind(workspace: Workspace) -> None:
    workspace.up()
    workspace.workshop("down")
    workspace.workshop("reset")
    assert not workspace.layout.home.exists()
    assert not workspace.layout.kubeconfig.exists()


def test_keys_and_kubeconfigs_are_for_the_users_eyes_only(workspace: Workspace) -> None:
    workspace.up()
    secrets = [*workspace.layout.pki.glob("*.key"), *workspace.layout.root.rglob("*kubeconfig")]
    assert len(secrets) >= 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets} == {0o600}
    assert stat.S_IMODE(workspace.layout.home.stat().st_mode) == 0o700


def test_it_listens_on_loopback_only(workspace: Workspace) -> None:
    workspace.up()
    listening = [
        connection.laddr.ip
        for process in workspace.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1"]


@pytest.mark.parametrize("variable", ["HOME", "KUBECONFIG"])
def test_the_users_own_kubeconfig_is_never_touched(workspace: Workspace, tmp_path: Path, variable: str) -> None:
    own = tmp_path / ".kube" / "config"
    own.parent.mkdir()
    own.write_text("the user's own")
    value = {"HOME": str(tmp_path), "KUBECONFIG": str(own)}[variable]
    assets = {"WORKSHOP_CACHE": os.environ.get("WORKSHOP_CACHE") or str(_default_cache())}
    for command in ("up", "status", "env", "down", "reset"):
        workspace.workshop(command, **{variable: value}, **assets)
    assert own.read_text() == "the user's own"
    assert [path.name for path in own.parent.iterdir()] == ["config"]


def test_what_kubectl_remembers_of_an_address_is_the_workspaces_own_and_goes_with_a_reset(workspace: Workspace) -> None:
    workspace.up().kubectl("get", "configmaps")
    assert list((workspace.layout.root / KUBECTL_CACHE).iterdir())
    workspace.workshop("reset")
    assert not (workspace.layout.root / KUBECTL_CACHE).exists()


def _default_cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("icecream-workshop")


def test_a_killed_supervisor_leaves_no_process_and_up_recovers_the_data(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "kept")
    os.kill(workspace.record().supervisor.pid, signal.SIGKILL)
    _wait_until_gone(workspace)
    status = workspace.workshop("status")
    assert status.returncode == 1
    assert "the supervisor ended with no word" in status.stdout
    again = workspace.workshop("up")
    assert "The last one ended by itself" in again.stdout
    assert cluster.get("configmap", "kept")


@pytest.mark.parametrize("component", ["etcd", "kube-apiserver", "kube-controller-manager"])
def test_when_a_component_dies_the_rest_ends_and_the_next_command_says_why(
    workspace: Workspace, component: str
) -> None:
    workspace.up()
    os.kill(workspace.record().components[component].pid, signal.SIGKILL)
    _wait_until_gone(workspace)
    told = workspace.workshop("env")
    assert told.returncode == 1
    assert f"{component} ended with signal SIGKILL" in told.stderr
    assert "Start it: make up" in told.stderr
    assert workspace.workshop("up").returncode == 0
    assert workspace.workshop("status").returncode == 0


def test_everything_killed_at_once_is_no_harm(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "kept")
    for process in workspace.processes():
        process.kill()
    _wait_until_gone(workspace)
    workspace.up()
    assert cluster.get("configmap", "kept")


def test_a_record_cut_off_by_a_crash_is_no_harm(workspace: Workspace) -> None:
    workspace.up()
    workspace.workshop("down")
    workspace.layout.run_file.write_text('{"state": "rea')
    workspace.up()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_up_leaves_no_process(workspace: Workspace, number: signal.Signals) -> None:
    starting = workspace.start("up")

    def etcd_runs() -> None:
        assert any(process.name() == "etcd" for process in workspace.processes())

    eventually(etcd_runs)
    starting.send_signal(number)
    _, errors = starting.communicate(timeout=60)
    assert starting.returncode == 130
    assert errors.strip() == "Interrupted."
    assert workspace.processes() == []


def test_a_component_that_cant_start_is_named_with_the_end_of_its_log(workspace: Workspace) -> None:
    workspace.up()
    workspace.workshop("down")
    (workspace.layout.home / "etcd").rename(workspace.layout.home / "elsewhere")
    (workspace.layout.home / "etcd").write_text("not a folder")
    done = workspace.workshop("up")
    assert done.returncode == 1
    assert "etcd ended with" in done.stderr
    assert "Traceback" not in done.stderr
    assert workspace.processes() == []


def test_status_for_programs_is_json(workspace: Workspace) -> None:
    down = workspace.workshop("status", "-o", "json")
    assert json.loads(down.stdout)["state"] == "down"
    assert down.returncode == 1
    workspace.up()
    ready = json.loads(workspace.workshop("status", "-o", "json").stdout)
    assert ready["state"] == "ready"
    assert ready["supervisor"]["megabytes"] <= 60


def test_logs_names_the_logs_that_there_are(workspace: Workspace) -> None:
    workspace.up()
    assert "Version: v" in workspace.workshop("logs", "kube-apiserver").stdout
    wrong = workspace.workshop("logs", "kubelet")
    assert wrong.returncode == 1
    assert "There are: audit, etcd" in wrong.stderr


def test_env_makes_kubectl_use_the_cluster(workspace: Workspace) -> None:
    workspace.up()
    script = workspace.workshop("env").stdout + "kubectl get namespace default -o name"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "namespace/default\n"


def test_is_running_can_be_asked_by_many_at_once(workspace: Workspace) -> None:
    workspace.up()
    assert all(local.is_running(workspace.layout) for _ in range(100))
    workspace.workshop("down")
    assert not local.is_running(workspace.layout)
