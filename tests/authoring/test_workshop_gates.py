"""`workshop gates` runs the gates at the same time, in processes that end with it."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from workshop.system.polling import eventually
from workshop.workspace.cluster import CHECKOUT

from ..processes import names, running

pytestmark = pytest.mark.slow


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_and_control_planes_end_with_the_command(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "workshop", "gates", "01"],
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout
    with process.stdout:
        assert any("PASSED tests/gates/test_mutants.py" in line for line in process.stdout)
        children = psutil.Process(process.pid).children(recursive=True)
        assert {"etcd", "kube-apiserver"} <= names(children)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as the terminal does
        else:
            process.kill()
        process.stdout.read()
        assert process.wait(60) not in (0, 1)

    def gone() -> None:
        assert [process.cmdline() for process in running(children)] == []

    eventually(gone)
