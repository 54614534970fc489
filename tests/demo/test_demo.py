"""`make demo`, as whoever has only just cloned sees it."""

import os
import pty
import subprocess
import sys
import termios
from io import FileIO
from pathlib import Path

from workshop.system.polling import eventually
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import CHECKOUT

_MAKE = ["make", "--no-print-directory", "--directory", str(CHECKOUT)]


def _demo(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workshop", "demo", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "WORKSHOP_HOME": str(home), "COLUMNS": "100"},
    )


def test_the_story_comes_out_as_told_and_leaves_nothing_in_the_workspace(tmp_path: Path) -> None:
    told = _demo(tmp_path / "home")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "$ kubectl apply -f deploy/crds/demo.lva.io_icecreams.yaml" in told.stdout
    assert "Evicted" in told.stdout
    assert told.stdout.rstrip().endswith("Each step came out as told. Your turn: make start LESSON=01")
    assert not (tmp_path / "home").exists()


def test_on_an_existing_cluster_it_is_the_same_story(fresh_control_plane: ControlPlane, tmp_path: Path) -> None:
    home = tmp_path / "home"
    subprocess.run(
        [sys.executable, "-m", "workshop", "up", "--provider", "existing", "--context", "workshop", "--yes"],
        check=True,
        env={**os.environ, "WORKSHOP_HOME": str(home), "KUBECONFIG": str(fresh_control_plane.kubeconfig)},
    )
    told = _demo(home)
    assert told.returncode == 0, told.stdout + told.stderr
    left = {item["metadata"]["name"] for item in fresh_control_plane.get("icecreams")["items"]}
    assert left == {"toomuch", "chocolate-1", "chocolate-2", "chocolate-3"}


def test_keep_leaves_the_control_plane_up_and_wont_tell_it_over_what_is_there(tmp_path: Path) -> None:
    home = tmp_path / "home"
    try:
        told = _demo(home, "--keep")
        assert told.returncode == 0, told.stdout + told.stderr
        assert "The control plane is still up" in told.stdout
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
    heard = ""
    while wanted not in heard:
        heard += (terminal.read(4096) or b"").decode()


def test_make_help_has_a_line_for_every_target() -> None:
    makefile = (CHECKOUT / "Makefile").read_text()
    targets = {name for line in makefile.splitlines() if line.startswith(".PHONY:") for name in line.split()[1:]}
    told = subprocess.run([*_MAKE, "help"], capture_output=True, text=True, check=True).stdout
    assert targets <= set(told.split())
