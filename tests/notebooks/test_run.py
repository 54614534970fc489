"""Notebooks run from the first cell to the last, and one that doesn't is named with the cell and the reason."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from workshop.notebooks import NotebookError, run
from workshop.system.polling import eventually

from .notebook_files import store

pytestmark = pytest.mark.slow


def test_it_returns_the_outputs_and_leaves_the_file_alone(tmp_path: Path) -> None:
    path = store(tmp_path, "# Scoops", "scoops = 3\nprint('three')", "scoops")
    before = path.read_bytes()
    executed = run(path)
    assert executed.cells[1].outputs[0].text == "three\n"
    assert executed.cells[2].outputs[0].data["text/plain"] == "3"
    assert path.read_bytes() == before


def test_it_runs_with_our_python_and_the_code_beside_it(tmp_path: Path) -> None:
    (tmp_path / "icecream_operator.py").write_text("FLAVOUR = 'fresh'\n")
    path = store(tmp_path, "import sys, icecream_operator\nprint(sys.executable, icecream_operator.FLAVOUR)")
    assert run(path).cells[0].outputs[0].text == f"{sys.executable} fresh\n"


def test_it_may_await_and_draw(tmp_path: Path) -> None:
    draw = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2]);"
    executed = run(store(tmp_path, "import asyncio\nawait asyncio.sleep(0, 'awaited')", draw))
    assert executed.cells[0].outputs[0].data["text/plain"] == "'awaited'"
    assert "image/png" in executed.cells[1].outputs[0].data


@pytest.mark.parametrize(
    ("cell", "how"),
    [
        ("scoops = 1\n1 / 0", r"scoops.ipynb, cell 2 \(scoops = 1\): ZeroDivisionError: division by zero"),
        ("import os\nos._exit(3)", r"scoops.ipynb, cell 2 \(import os\): it ended the kernel"),
    ],
)
def test_a_cell_that_fails_is_named_with_its_error(tmp_path: Path, cell: str, how: str) -> None:
    with pytest.raises(NotebookError, match=how):
        run(store(tmp_path, "# Scoops", cell))


def test_a_cell_that_does_not_end_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"scoops.ipynb, cell 1 \(while True:\): no end after 2 s"):
        run(store(tmp_path, "while True:\n    pass"), limit=2)


def test_its_kernel_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = tmp_path / "jupyter/kernels/python3/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "display_name": "Not ours", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert run(store(tmp_path, "1 + 1")).cells[0].outputs[0].data["text/plain"] == "2"
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_kernel_goes_when_we_are_ended(tmp_path: Path, number: signal.Signals) -> None:
    pid = tmp_path / "pid"
    cell = f"import os, pathlib, time\npathlib.Path({str(pid)!r}).write_text(str(os.getpid()))\ntime.sleep(99)"
    path = store(tmp_path, cell)
    code = f"from workshop.notebooks import run\nfrom pathlib import Path\nrun(Path({str(path)!r}))"
    runner = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)

    def began() -> int:
        assert pid.exists()
        assert pid.read_text()
        return int(pid.read_text())

    kernel = eventually(began, within=60)
    runner.send_signal(number)
    assert runner.wait() == -number

    def gone() -> None:
        assert not psutil.pid_exists(kernel)

    eventually(gone)
