"""The navigation of this tree: the patterns in mkdocs.yml become the pages that there are."""

import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

from workshop.site.page import Page


def expand_patterns(entries: list[Any], pages: Mapping[str, Page]) -> list[Any]:
    """Return MkDocs' `nav` with patterns resolved, and without sections that turn out empty."""
    return list(_entries(entries, pages))


def _entries(entries: list[Any], pages: Mapping[str, Page]) -> Iterator[Any]:
    for entry in entries:
        if isinstance(entry, str):
            yield from ({pages[name].label: name} for name in sorted(fnmatch.filter(pages, entry)))
            continue
        [(title, below)] = entry.items()
        if isinstance(below, str):
            yield entry
        elif section := expand_patterns(below, pages):
            yield {title: section}
