"""How a notebook must be stored: without what a run leaves in it, so that a difference is always somebody's change."""

import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

_METADATA = {"kernelspec", "language_info"}
_ELSEWHERE = re.compile(r"(/home/|/Users/|/tmp/|https?://(?!127\.0\.0\.1\b|localhost\b))[^\s\"')]*")


def problems(path: Path) -> Iterator[str]:
    """Yield what is wrong with the file, each as a sentence that names it."""
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    if more := sorted(set(notebook.metadata) - _METADATA):
        yield f"{path.name} has metadata that nobody needs: {', '.join(more)}"
    for number, cell in enumerate(notebook.cells, 1):
        yield from (f"{path.name}, cell {number} {what}" for what in _wrong(cell))


def _wrong(cell: NotebookNode) -> Iterator[str]:
    if cell.get("outputs") or cell.get("execution_count"):
        yield "is stored with its output (in JupyterLab: Edit, Clear Outputs of All Cells)"
    if not cell.get("id"):
        yield "has no id, so each program that saves it gives it another one (nbformat 4.5 has them)"
    if elsewhere := _ELSEWHERE.search(cell.source):
        yield f"names a place that not everybody has: {elsewhere[0]}"
