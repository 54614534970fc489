"""Nothing that a check has started outlives the command, however that ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from workshop.testing.polling import eventually
from workshop.workspace.cluster import CHECKOUT

from ..processes import running


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_operator_under_check_ends_with_the_command(tmp_path: Path, number: signal.Signals) -> None:
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
        assert {"etcd", "kube-apiserver"} <= {child.name() for child in children}
        assert any("forkserver" in " ".join(child.cmdline()) for child in children)
        process.send_signal(number)
        process.wait(30)

    def gone() -> None:
        assert running(children) == []

    eventually(gone)
