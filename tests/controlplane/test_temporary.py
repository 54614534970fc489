"""A control plane for the length of a `with`: whoever started it may end in any way."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import psutil
import pytest

from tests.proxies import DEAD_PROXIES, set_proxies
from workshop.system.polling import eventually
from workshop.system.ports import reserved_port
from workshop.testing.control_plane import ControlPlane, running_control_plane

pytestmark = pytest.mark.slow

_PROGRAM = textwrap.dedent(
    """
    import time
    from workshop.testing.control_plane import running_control_plane
    with running_control_plane() as started:
        print(started.layout.root, flush=True)
        time.sleep(600)
    """
)


def _start(folder: Path) -> tuple[subprocess.Popen[str], Path, list[psutil.Process]]:
    """One in `folder`, where no other test run clears away what this one leaves."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert process.stdout
    root = Path(process.stdout.readline().strip())
    process.stdout.close()
    return process, root, psutil.Process(process.pid).children()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_no_process_outlives_the_one_that_started_it(tmp_path: Path, number: signal.Signals) -> None:
    process, root, children = _start(tmp_path)
    assert {child.name()[:14] for child in children} == {"etcd", "kube-apiserver", "kube-controlle"}
    os.kill(process.pid, number)
    process.wait(30)
    eventually(lambda: _assert_gone(children))
    assert root.exists() == (number != signal.SIGINT)


def test_a_killed_one_leaves_no_process_and_the_next_one_removes_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, root, children = _start(tmp_path)
    process.kill()
    process.wait()
    eventually(lambda: _assert_gone(children))
    assert root.exists()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with running_control_plane():
        assert not root.exists()


def _assert_gone(children: list[psutil.Process]) -> None:
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_two_side_by_side_never_meet_and_nothing_is_left_of_one_that_ended(control_plane: ControlPlane) -> None:
    with running_control_plane() as other:
        other.kubectl("create", "configmap", "mine")
        assert "NotFound" in control_plane.kubectl("get", "configmap", "mine", check=False)
        processes = [psutil.Process(process.pid) for process in other.components.running.values()]
    assert len(processes) == 3
    _assert_gone(processes)
    assert not other.layout.root.exists()


def test_the_api_server_comes_back_on_the_same_address_and_its_last_log_is_kept(
    fresh_control_plane: ControlPlane,
) -> None:
    fresh_control_plane.kubectl("create", "configmap", "kept")
    before = fresh_control_plane.layout.log("kube-apiserver").read_text()
    fresh_control_plane.components.kill()
    fresh_control_plane.components.start()
    assert fresh_control_plane.get("configmap", "kept")
    assert (fresh_control_plane.layout.logs / "kube-apiserver.log.1").read_text().startswith(before)


def test_its_api_server_asks_a_webhook_without_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_proxies(monkeypatch, **DEAD_PROXIES)
    with running_control_plane() as control_plane, reserved_port() as port:
        for manifest in _webhook_of_a_service(port):
            control_plane.kubectl("create", "-f", "-", stdin=json.dumps(manifest))

        def look() -> None:
            printed = control_plane.kubectl("create", "configmap", "asked", "--dry-run=server", check=False)
            assert f":{port}: connect: connection refused" in printed, printed

        eventually(look)


def _webhook_of_a_service(port: int) -> list[dict[str, object]]:
    service = {"namespace": "default", "name": "nobody", "port": port}
    webhook = {
        "name": "nobody.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "clientConfig": {"service": service},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "nobody"},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        },
        {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "nobody"},
            "webhooks": [webhook],
        },
    ]
