"""Holds the rule that a page shows no code of its own: a block of code names its file, and says what that file says.

The code stands in the page itself, since pages are read as files too. `update` puts it there, so nobody copies by hand.
A block holds the whole file, or a part of it, whole lines without their common indentation. A part is named by its own
first and last line; a block that begins with the file's first line is the whole file.
What people type and see (`console`, `sh`, `text`) is no snippet.
"""

import difflib
import textwrap
from collections.abc import Iterator
from pathlib import Path

from workshop.course.markdown import FencedBlock, fenced_blocks, text_and_blocks
from workshop.site.errors import SiteError
from workshop.site.page import Page, read_pages

_NO_SNIPPETS = {"", "console", "sh", "text"}


def problems(root: Path, page: Page) -> Iterator[str]:
    """Yield what breaks the rule, with page and line, and with a diff where the code is another than the file's."""
    for block in fenced_blocks(page.text):
        if block.language not in _NO_SNIPPETS and (problem := _problem(root, block)):
            yield f"{page.source}, line {block.first_line}: {problem}"


def update(root: Path) -> Iterator[str]:
    """Put the code as its file has it now into each block of the pages of the tree, and yield which pages changed.

    Raises:
        SiteError: a block names no file, or no part of it; with page and line.
    """
    for page in read_pages(root):
        text = "".join(_updated(root, page, part, block) for part, block in text_and_blocks(page.text))
        if text != page.text:
            (root / page.source).write_text(text)
            yield page.source


def _problem(root: Path, block: FencedBlock) -> str:
    try:
        expected = _cut(root, block)
    except SiteError as error:
        return str(error)
    if block.content == expected:
        return ""
    diff = difflib.unified_diff(
        block.content.splitlines(), expected.splitlines(), "the page", block.title, n=1, lineterm=""
    )
    return f"this isn't what {block.title} says; workshop docs --update-snippets puts it right\n" + "\n".join(diff)


def _updated(root: Path, page: Page, part: str, block: FencedBlock | None) -> str:
    if not block or block.language in _NO_SNIPPETS:
        return part
    try:
        code = _cut(root, block)
    except SiteError as error:
        raise SiteError(f"{page.source}, line {block.first_line}: {error}") from None
    opening, *_, closing = part.splitlines(keepends=True)
    indentation = opening[: len(opening) - len(opening.lstrip())]
    return opening + textwrap.indent(code, indentation) + closing


def _cut(root: Path, block: FencedBlock) -> str:
    """The file that a block names, or the part that begins and ends as the block does.

    Raises:
        SiteError: the block names no file of the tree, or there is no such part in it.
    """
    if not block.title:
        raise SiteError(f'this code names no file: ```{block.language} title="FILE"')
    path = root / block.title
    if not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
        raise SiteError(f"there is no file {block.title}")
    file, shown = path.read_text().splitlines(), block.content.splitlines()
    if not shown or shown[0] == file[0]:
        return "\n".join(file) + "\n"
    first = _line(block, "begins", file, shown[0], near=0)
    last = _line(block, "ends", file[first:], shown[-1], near=len(shown) - 1)
    return textwrap.dedent("\n".join(file[first:][: last + 1])) + "\n"


def _line(block: FencedBlock, edge: str, lines: list[str], line: str, *, near: int) -> int:
    """The index of the line with which a part begins or ends, however it is indented; of several, the nearest one."""
    indices = [index for index, other in enumerate(lines) if other.strip() == line.strip()]
    if not indices:
        hint = "(Empty the block, and it gets the whole file.)"
        raise SiteError(f"no part of {block.title} {edge} with this line: {line.strip()}\n{hint}")
    return min(indices, key=lambda index: abs(index - near))
