"""`workshop up`, `down`, `reset`: what a student types, in any order and after any crash."""

import os
import signal
from pathlib import Path

import pytest
from filelock import FileLock

from tests.controlplane.conftest import Workspace
from workshop.binaries.cache import cache_root
from workshop.controlplane import state_file
from workshop.system.polling import eventually

pytestmark = pytest.mark.slow


def _wait_until_gone(workspace: Workspace) -> None:
    def look() -> None:
        assert workspace.processes() == []

    eventually(look)


def test_before_the_first_up_nothing_is_up(workspace: Workspace) -> None:
    for command in ("status", "env"):
        done = workspace.workshop(command)
        assert done.returncode == 1
        assert "Start it: make up" in done.stdout + done.stderr
    assert "No control plane was up" in workspace.workshop("down").stdout
    assert not workspace.layout.root.exists()


def test_two_ups_at_once_start_one_control_plane(workspace: Workspace) -> None:
    workspace.layout.create()
    with FileLock(workspace.layout.start_stop_lock):  # so that both of them have begun before one of them goes on
        ups = [workspace.start("up"), workspace.start("up")]
        assert all(up.stdout and up.stdout.readline().startswith("Starting") for up in ups)
    outputs = [up.communicate(timeout=120) for up in ups]
    assert [up.returncode for up in ups] == [0, 0], outputs
    names = sorted(process.name() for process in workspace.processes())
    assert names.count("kube-apiserver") == 1


def test_down_keeps_the_data_and_the_port(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "kept", "--from-literal=flavour=vanilla")
    port = workspace.state().port
    assert workspace.workshop("down").stdout.startswith("The control plane is down")
    assert workspace.processes() == []
    cluster = workspace.up()
    assert cluster.get("configmap", "kept")["data"] == {"flavour": "vanilla"}
    assert workspace.state().port == port


def test_reset_forgets_the_data_and_what_kubectl_remembers_and_is_up_again(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "forgotten")
    assert cluster.get("configmap", "forgotten")
    assert workspace.layout.kubectl_cache.exists()
    done = workspace.workshop("reset")
    assert "up again, empty" in done.stdout, done.stderr
    assert not workspace.layout.kubectl_cache.exists()
    assert "NotFound" in cluster.kubectl("get", "configmap", "forgotten", check=False)


def test_reset_of_what_is_down_leaves_nothing_behind(workspace: Workspace) -> None:
    workspace.up()
    workspace.workshop("down")
    workspace.workshop("reset")
    assert not workspace.layout.controlplane.exists()
    assert not workspace.layout.kubeconfig.exists()


@pytest.mark.parametrize("variable", ["HOME", "KUBECONFIG"])
def test_the_users_own_kubeconfig_is_never_touched(workspace: Workspace, tmp_path: Path, variable: str) -> None:
    own = tmp_path / ".kube" / "config"
    own.parent.mkdir()
    own.write_text("the user's own")
    value = {"HOME": str(tmp_path), "KUBECONFIG": str(own)}[variable]
    cache = str(cache_root(os.environ))  # it would be looked for in HOME
    for command in ("up", "status", "env", "down", "reset"):
        done = workspace.workshop(command, **{variable: value, "WORKSHOP_CACHE": cache})
        assert done.returncode == 0, done.stderr
    assert own.read_text() == "the user's own"
    assert [path.name for path in own.parent.iterdir()] == ["config"]


def test_a_killed_supervisor_leaves_no_process_and_up_recovers_the_data(workspace: Workspace) -> None:
    cluster = workspace.up()
    cluster.kubectl("create", "configmap", "kept")
    os.kill(workspace.state().supervisor.pid, signal.SIGKILL)
    _wait_until_gone(workspace)
    status = workspace.workshop("status")
    assert status.returncode == 1
    assert "the supervisor ended with no word" in status.stdout
    again = workspace.workshop("up")
    assert "The last one ended by itself" in again.stdout
    assert cluster.get("configmap", "kept")


def test_when_a_component_dies_the_rest_ends_the_next_command_says_why_and_up_recovers(workspace: Workspace) -> None:
    for component in ("etcd", "kube-apiserver", "kube-controller-manager"):
        workspace.up()
        assert workspace.workshop("status").returncode == 0
        os.kill(workspace.state().components[component].pid, signal.SIGKILL)
        _wait_until_gone(workspace)
        next_command = workspace.workshop("env")
        assert next_command.returncode == 1
        assert f"{component} ended with signal SIGKILL" in next_command.stderr
        assert "Start it: make up" in next_command.stderr


def test_a_state_file_cut_off_by_a_crash_is_no_harm(workspace: Workspace) -> None:
    workspace.layout.create()
    workspace.layout.state_file.write_text('{"state": "rea')
    assert "No control plane is up" in workspace.workshop("status").stdout
    assert "No control plane was up" in workspace.workshop("down").stdout
    assert state_file.read(workspace.layout.state_file) is None
    workspace.up()
    assert workspace.state().state == "ready"


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
    workspace.layout.create()
    (workspace.layout.controlplane / "etcd").write_text("not a folder")
    done = workspace.workshop("up")
    assert done.returncode == 1
    assert "etcd ended with exit code 1" in done.stderr
    assert "not a directory" in done.stderr
    assert "Traceback" not in done.stderr
    assert workspace.processes() == []
