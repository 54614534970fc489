"""A page of the site, and the pages that lie in the tree: those of docs/ and of the lessons."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PICTURES = {".svg", ".png"}
_FENCE = re.compile(r"^ *(?P<fence>`{3,}|~{3,})[^\n]*\n.*?^ *(?P=fence) *$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_NUMBER = re.compile(r"(?:acme-)?(\d\d)-")


@dataclass(frozen=True)
class Page:
    """Markdown: `source` is the path in the tree that it was made from, `site` its path among the site's pages."""

    source: str
    site: str
    text: str

    @property
    def label(self) -> str:
        """What the navigation calls it: its heading, after its number if it has one and the heading doesn't say it."""
        heading = _TITLE.search(self.text)
        number = _NUMBER.match(PurePosixPath(self.site).name)
        words = heading[1].replace("`", "") if heading else self.site
        return f"{number[1]} {words}" if number and number[1].lstrip("0") not in words else words


def written(root: Path) -> Iterator[Page]:
    """Yield the pages of docs/ and of the lessons that there are."""
    for path in sorted((root / "docs").rglob("*.md")):
        yield _page(root, path, path.relative_to(root / "docs").as_posix())
    for path in sorted(root.glob("lessons/*/lesson.md")):
        yield _page(root, path, f"lessons/{path.parent.name}.md")


def assets(root: Path) -> dict[str, str]:
    """Return what is copied as it is, by its path in the tree: where it lies on the site."""
    docs = [path for path in sorted((root / "docs").rglob("*")) if path.is_file() and path.suffix != ".md"]
    found = {path: path.relative_to(root / "docs") for path in docs}
    pictures = [path for path in sorted(root.glob("lessons/*/*")) if path.suffix in PICTURES]
    found |= {path: path.relative_to(root) for path in pictures}
    return {path.relative_to(root).as_posix(): site.as_posix() for path, site in found.items()}


def parts(markdown: str) -> Iterator[tuple[int, str, bool]]:
    """Cut Markdown into prose and fenced blocks: the line on which each begins, its text, and whether it is a block."""
    end = 0
    for block in _FENCE.finditer(markdown):
        yield _line(markdown, end), markdown[end : block.start()], False
        yield _line(markdown, block.start()), block[0], True
        end = block.end()
    yield _line(markdown, end), markdown[end:], False


def _page(root: Path, path: Path, site: str) -> Page:
    return Page(path.relative_to(root).as_posix(), site, path.read_text())


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
