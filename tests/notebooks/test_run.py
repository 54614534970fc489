"""Notebooks run from the first cell to the last, and one that doesn't is named with the cell and the reason."""

import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import psutil
import pytest

from workshop.notebooks import NotebookError, problems, run
from workshop.system.polling import eventually


def store(tmp_path: Path, *cells: str) -> Path:
    """A notebook in a tree of its own; a cell that begins with # is text."""
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks" / "scoops.ipynb"
    make = {True: nbformat.v4.new_markdown_cell, False: nbformat.v4.new_code_cell}
    nbformat.write(nbformat.v4.new_notebook(cells=[make[cell.startswith("# ")](cell) for cell in cells]), path)
    return path


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
        ("while True:\n    pass", r"scoops.ipynb, cell 2 \(while True:\): no end after 2 s"),
    ],
)
def test_a_cell_that_fails_is_named_with_its_error(tmp_path: Path, cell: str, how: str) -> None:
    with pytest.raises(NotebookError, match=how):
        run(store(tmp_path, "# Scoops", cell), limit=2)


def test_its_kernel_is_nobody_elses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = tmp_path / "jupyter/kernels/python3/kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text('{"argv": ["false"], "display_name": "Not ours", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert run(store(tmp_path, "1 + 1")).cells[0].outputs[0].data["text/plain"] == "2"
    assert not (tmp_path / "home/.local").exists()
    assert not (tmp_path / "home/.ipython").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_its_kernel_goes_when_we_are_ended(tmp_path: Path, number: signal.Signals) -> None:
    told = tmp_path / "told"
    path = store(
        tmp_path, f"import os, pathlib, time\npathlib.Path({str(told)!r}).write_text(str(os.getpid()))\ntime.sleep(99)"
    )
    code = f"from workshop.notebooks import run\nfrom pathlib import Path\nrun(Path({str(path)!r}))"
    runner = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)

    def began() -> int:
        assert told.exists()
        assert told.read_text()
        return int(told.read_text())

    kernel = eventually(began, within=60)
    runner.send_signal(number)
    assert runner.wait(30) != 0

    def gone() -> None:
        assert not psutil.pid_exists(kernel)

    eventually(gone)


def test_a_notebook_that_is_stored_well_has_no_problems(tmp_path: Path) -> None:
    assert list(problems(store(tmp_path, "# Scoops", "url = 'https://127.0.0.1:6443'"))) == []


def test_what_a_run_leaves_in_a_notebook_is_named(tmp_path: Path) -> None:
    path = store(tmp_path, "print(1)", "open('/home/me/scoops')", "# See https://scoops.example/menu")
    stored = nbformat.read(path, as_version=4)
    stored.cells[0].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    stored.metadata["widgets"] = {}
    nbformat.write(stored, path)
    assert list(problems(path)) == [
        "scoops.ipynb has metadata that nobody needs: widgets",
        "scoops.ipynb, cell 1 is stored with its output (in JupyterLab: Edit, Clear Outputs of All Cells)",
        "scoops.ipynb, cell 2 names a place that not everybody has: /home/me/scoops",
        "scoops.ipynb, cell 3 names a place that not everybody has: https://scoops.example/menu",
    ]


def test_cells_without_ids_are_named(tmp_path: Path) -> None:
    path = store(tmp_path, "print(1)")
    old = nbformat.read(path, as_version=4)
    old.nbformat_minor = 4
    del old.cells[0]["id"]
    nbformat.write(old, path)
    [problem] = problems(path)
    assert problem.startswith("scoops.ipynb, cell 1 has no id")
