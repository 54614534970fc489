"""`make demo`, as whoever has only just cloned sees it."""

import os
import pty
import re
import subprocess
import sys
import termios
from io import FileIO
from pathlib import Path

import pytest

from tests.proxies import DEAD_PROXIES
from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]  # beside others on two cores

_MAKE = ["make", "--no-print-directory", "--directory", str(CHECKOUT)]


def _demo(home: Path, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workshop", "demo", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "WORKSHOP_HOME": str(home), "COLUMNS": "100", **variables},
    )


def test_the_environments_proxy_is_not_for_loopback(tmp_path: Path) -> None:
    demo = _demo(tmp_path / "home", **DEAD_PROXIES)
    assert demo.returncode == 0, demo.stdout + demo.stderr


def test_each_step_comes_out_as_expected_and_leaves_nothing_in_the_workspace(tmp_path: Path) -> None:
    demo = _demo(tmp_path / "home")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "$ kubectl apply -f deploy/crds/demo.lva.io_icecreams.yaml" in demo.stdout
    assert "Evicted" in demo.stdout
    assert "OutOfStock" in demo.stdout
    assert "The ledger adds up to the stock." in demo.stdout
    assert 'Unsupported value: "pistachio"' in demo.stdout
    assert re.search(r"all \d+ are served", demo.stdout)
    assert "connect: connection refused" in demo.stdout
    assert demo.stdout.rstrip().endswith("Each step came out as expected. Your turn: make start LESSON=01")
    assert not (tmp_path / "home").exists()


def test_on_an_existing_cluster_it_is_the_same_demo_without_the_webhook(
    fresh_control_plane: ControlPlane, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    subprocess.run(
        [sys.executable, "-m", "workshop", "up", "--provider", "existing", "--context", "workshop", "--yes"],
        check=True,
        env={**os.environ, "WORKSHOP_HOME": str(home), "KUBECONFIG": str(fresh_control_plane.kubeconfig)},
    )
    demo = _demo(home)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert fresh_control_plane.get("icecreams")["items"] == []
    assert "The webhook is left out on an existing cluster" in demo.stdout
    assert fresh_control_plane.get("validatingwebhookconfigurations")["items"] == []


def test_keep_leaves_the_control_plane_up_and_wont_run_over_what_is_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        demo = _demo(home, "--keep")
        assert demo.returncode == 0, demo.stdout + demo.stderr
        assert "The control plane is still up" in demo.stdout
        again = _demo(home, "--keep")
        assert again.returncode == 1
        assert "workshop reset" in again.stderr
    finally:
        environment = {**os.environ, "WORKSHOP_HOME": str(home)}
        down = subprocess.run(
            [sys.executable, "-m", "workshop", "down"], capture_output=True, text=True, env=environment
        )
    assert "The control plane is down" in down.stdout


def test_between_two_steps_it_waits_for_a_key_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    demo = subprocess.Popen(
        [sys.executable, "-m", "workshop", "demo", "--pause"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={**os.environ, "WORKSHOP_HOME": str(tmp_path / "home"), "TERM": "dumb"},
    )
    os.close(theirs)
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        for key in (b" ", b"\x03"):
            _read_until(terminal, "a key goes on")
            eventually(lambda: _reads_single_keys(terminal))
            terminal.write(key)
        _read_until(terminal, "Interrupted.")
        assert demo.wait(30) == 130


def _reads_single_keys(terminal: FileIO) -> None:
    local_modes = termios.tcgetattr(terminal)[3]
    assert not local_modes & termios.ICANON


def _read_until(terminal: FileIO, wanted: str) -> None:
    output = ""
    while wanted not in output:
        output += (terminal.read(4096) or b"").decode()


def test_make_help_has_a_line_for_every_target() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    targets = {name for line in makefile.splitlines() if line.startswith(".PHONY:") for name in line.split()[1:]}
    shown = subprocess.run([*_MAKE, "help"], capture_output=True, text=True, check=True).stdout
    listed = {line.split()[1] for line in shown.splitlines() if line.startswith("  make ")}
    assert listed == targets
