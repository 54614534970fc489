"""How a notebook must be stored, and how what is wrong with one is named."""

from pathlib import Path

import nbformat

from workshop.notebooks import problems

from .notebook_files import store


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
