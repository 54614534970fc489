"""Puts our own drawings into the page itself, so that they take the colours of light and dark and can be read aloud.

A page names a drawing as it does any picture, `![words](loop.svg)`, alone on a line.
"""

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from workshop.site.errors import SiteError
from workshop.site.page import Page

_DRAWING = re.compile(r"^!\[[^\]]*\]\((?P<path>[^):]+\.svg)\)$", re.MULTILINE)


def inline_drawings(page: Page, root: Path) -> Page:
    """Return the page with its drawings in it.

    Raises:
        SiteError: a drawing isn't there, or can't be read aloud.
    """

    def drawing(match: re.Match[str]) -> str:
        path = root / PurePosixPath(page.source).parent / match["path"]
        try:
            svg = path.read_text().strip()
        except FileNotFoundError as error:
            raise SiteError(f"{page.source} shows {match['path']}, and there is no such file") from error
        if missing := [mark for mark in ('role="img"', "<title", "<desc") if mark not in svg]:
            raise SiteError(f"{path}: a drawing needs {missing[0]}, for who can't see it")
        return f"<figure>\n{svg}\n</figure>"

    return replace(page, text=_DRAWING.sub(drawing, page.text))
