"""Notebooks for the tests."""

from pathlib import Path

import nbformat


def store(tmp_path: Path, *cells: str) -> Path:
    """A notebook in a tree of its own; a cell that begins with # is text."""
    (tmp_path / "notebooks").mkdir()
    path = tmp_path / "notebooks" / "scoops.ipynb"
    new = nbformat.v4
    made = [new.new_markdown_cell(cell) if cell.startswith("# ") else new.new_code_cell(cell) for cell in cells]
    nbformat.write(new.new_notebook(cells=made), path)
    return path
