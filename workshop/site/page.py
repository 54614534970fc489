"""A page of the site, and the pages that lie in the tree: those of docs/ and of the lessons."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workshop.course.markdown import headings

_IMAGE_SUFFIXES = {".svg", ".png"}
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
        title = next((text.replace("`", "") for text, _ in headings(self.text, level=1)), self.site)
        number = _NUMBER.match(PurePosixPath(self.site).name)
        return f"{number[1]} {title}" if number and number[1].lstrip("0") not in title else title


def read_pages(root: Path) -> Iterator[Page]:
    """Yield the pages of docs/ and of the lessons that there are."""
    for path in sorted((root / "docs").rglob("*.md")):
        yield _page(root, path, path.relative_to(root / "docs").as_posix())
    for path in sorted(root.glob("lessons/*/lesson.md")):
        yield _page(root, path, f"lessons/{path.parent.name}.md")


def assets(root: Path) -> dict[str, str]:
    """Return what is copied as it is, by its path in the tree: where it lies on the site."""
    docs = [path for path in sorted((root / "docs").rglob("*")) if path.is_file() and path.suffix != ".md"]
    images = [path for path in sorted(root.glob("lessons/*/*")) if path.suffix in _IMAGE_SUFFIXES]
    places = {path: path.relative_to(root / "docs") for path in docs}
    places |= {path: path.relative_to(root) for path in images}
    return {path.relative_to(root).as_posix(): site.as_posix() for path, site in places.items()}


def _page(root: Path, path: Path, site: str) -> Page:
    return Page(path.relative_to(root).as_posix(), site, path.read_text())
