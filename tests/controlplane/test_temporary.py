"""A control plane for the length of a `with`: whoever started it may end in any way."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane, running_control_plane

_PROGRAM = textwrap.dedent(
    """
    import time
    from workshop.testing.control_plane import running_control_plane
    with running_control_plane() as started:
        print(started.layout.root, flush=True)
        time.sleep(600)
    """
)


def _start() -> tuple[subprocess.Popen[str], Path, list[psutil.Process]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    folder = Path(process.stdout.readline().strip())
    process.stdout.close()
    return process, folder, psutil.Process(process.pid).children()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_one_that_started_it(number: signal.Signals) -> None:
    process, folder, children = _start()
    assert {child.name()[:14] for child in children} == {"etcd", "kube-apiserver", "kube-controlle"}
    os.kill(process.pid, number)
    process.wait(30)

    def gone() -> None:
        assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]

    eventually(gone)
    if number == signal.SIGINT:
        assert not folder.exists()


def test_the_next_one_removes_the_folder_of_one_that_was_killed() -> None:
    process, folder, _ = _start()
    process.kill()
    process.wait()
    assert folder.exists()
    with running_control_plane():
        assert not folder.exists()


def test_two_side_by_side_never_meet(control_plane: ControlPlane) -> None:
    with running_control_plane() as other:
        other.kubectl("create", "configmap", "mine")
        assert "NotFound" in control_plane.kubectl("get", "configmap", "mine", check=False)


def test_the_api_server_comes_back_on_the_same_address(fresh_control_plane: ControlPlane) -> None:
    fresh_control_plane.kubectl("create", "configmap", "kept")
    fresh_control_plane.components.kill()
    fresh_control_plane.components.start()
    assert fresh_control_plane.get("configmap", "kept")
