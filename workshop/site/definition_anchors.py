"""Gives every term of a definition list an anchor, so that a lesson can link to a word of the glossary.

In the pages as files such a link leads to the glossary, and on the site to the word.
"""

import re
from dataclasses import replace

from workshop.course.markdown import text_and_blocks
from workshop.site.page import Page

_TERM = re.compile(r"^(?P<term>\S.*)(?=\n:   )", re.MULTILINE)


def anchor_terms(page: Page) -> Page:
    """Return the page with an anchor at each term: `server-side-apply` at *Server-side apply*."""
    parts = (text if block else _TERM.sub(_anchored, text) for text, block in text_and_blocks(page.text))
    return replace(page, text="".join(parts))


def _anchored(match: re.Match[str]) -> str:
    anchor = re.sub(r"[^a-z0-9]+", "-", match["term"].lower()).strip("-")
    return f"{match['term']} {{ #{anchor} }}"
