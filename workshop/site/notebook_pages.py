"""A notebook as a page: run, its outputs under its cells, its images beside it."""

import re
from pathlib import Path
from typing import Any

from workshop.site.errors import SiteError
from workshop.site.page import Page

_IMAGE = re.compile(r"!\[\w+\]\((?P<file>[^)]*_(?P<cell>\d+)_\d+\.\w+)\)")
_HEADING = re.compile(r"\A\s*# .+$", re.MULTILINE)


def page(root: Path, path: Path, *, run: bool) -> tuple[Page, dict[str, bytes]]:
    """Return the page of a notebook, and its images by their path on the site.

    Raises:
        SiteError: a cell fails.
    """
    import nbformat
    from nbconvert import MarkdownExporter

    if run:
        from workshop import notebooks

        try:
            notebook = notebooks.run(path)
        except notebooks.NotebookError as error:
            raise SiteError(str(error)) from error
    else:
        notebook = nbformat.read(path, as_version=4)
    resources = {"unique_key": path.stem, "output_files_dir": path.stem}
    text, made = MarkdownExporter().from_notebook_node(notebook, resources)
    name = path.relative_to(root).as_posix()
    text = _introduced(_described(text, notebook.cells), name, run=run)
    images = {f"notebooks/{file}": data for file, data in made["outputs"].items()}
    return Page(name, f"notebooks/{path.stem}.md", text), images


def _introduced(text: str, name: str, *, run: bool) -> str:
    how = "as it ran when this site was built" if run else "without its outputs"
    note = f"*This is the notebook `{name}`, {how}. `make notebooks` opens it, for you to play with.*"
    return _HEADING.sub(lambda heading: f"{heading[0]}\n\n{note}", text, count=1)


def _described(text: str, cells: list[Any]) -> str:
    """Give each image the words of its cell's first comment, for who can't see it."""

    def words(match: re.Match[str]) -> str:
        comments = [line[1:].strip() for line in cells[int(match["cell"])].source.splitlines() if line[:1] == "#"]
        return f"![{comments[0] if comments else 'What the cell above plots'}]({match['file']})"

    return _IMAGE.sub(words, text)
