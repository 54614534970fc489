"""Nothing that a check has started outlives the command, however that ends."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from workshop.system.polling import eventually
from workshop.system.tempdir import base_directory, temporary_directory
from workshop.workspace.cluster import CHECKOUT

from ..processes import names, running

pytestmark = pytest.mark.slow

KILLED = """
import os, signal
from pathlib import Path
from workshop.grading.worker_process import WorkerProcess

process = WorkerProcess(Path.cwd())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_its_folder_goes_also_when_we_are_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=CHECKOUT, env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    [left] = [path for path in base_directory().iterdir() if path.is_dir()]
    assert (left / "pytest.log").exists()
    with temporary_directory():
        assert not left.exists()


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go, by a path that is short enough for sockets."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_operator_under_check_ends_with_the_command_and_nothing_temporary_is_left(
    tmp_path: Path, empty: Path, number: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "workshop", "check", "02"],
        cwd=CHECKOUT,
        env={**os.environ, "WORKSHOP_HOME": str(tmp_path)},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout
    with process.stdout:
        assert any("what was ordered before the operator came is served" in line for line in process.stdout)
        children = psutil.Process(process.pid).children(recursive=True)
        assert {"etcd", "kube-apiserver"} <= names(children)
        assert any("forkserver" in " ".join(child.cmdline()) for child in children)
        process.send_signal(number)
        process.wait(30)

    def gone() -> None:
        assert running(children) == []

    eventually(gone)
    if number == signal.SIGKILL:  # what is left then goes with the next command
        with temporary_directory():
            pass
    assert [path for path in empty.rglob("*") if path.is_file() or path.is_socket()] == [base_directory() / "lock"]
