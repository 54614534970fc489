"""Makes links that hold in the tree, where people read and edit the pages, hold on the site too.

A link may also name a page as the site has it (`../lessons/01-crd.md`). What is neither stays as it is, and MkDocs
complains of it. In the stage of a lesson, a link to a page that a later lesson brings becomes its words.
"""

import os.path
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from workshop.course.markdown import text_and_blocks
from workshop.site.page import Page

_LINK = re.compile(r"(`+)(?:(?!\1).)+\1|(?P<image>!?)\[(?P<words>[^\]]*)\]\((?P<target>[^)\s]+)\)", re.DOTALL)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|/")
_LATER = {"lessons", "notebooks", "acme"}  # folders of the site to which lessons add


def rewrite_links(page: Page, places: Mapping[str, str], *, is_stage: bool) -> Page:
    """Return the page with links for the site; `places` says of each path in the tree where it lies on the site."""

    def link(match: re.Match[str]) -> str:
        target = match["target"]
        if not target or _ELSEWHERE.match(target):
            return match[0]
        path, mark, anchor = target.partition("#")
        site = places.get(_joined(page.source, path)) or _joined(page.site, path)
        if is_stage and site not in places.values() and _comes_later(page, path):
            return match["words"]
        relative = os.path.relpath(site, PurePosixPath(page.site).parent)
        return f"{match['image']}[{match['words']}]({relative}{mark}{anchor})"

    parts = (text if block else _LINK.sub(link, text) for text, block in text_and_blocks(page.text))
    return replace(page, text="".join(parts))


def _comes_later(page: Page, path: str) -> bool:
    return any(_LATER & set(PurePosixPath(_joined(base, path)).parts[:2]) for base in (page.source, page.site))


def _joined(base: str, path: str) -> str:
    return os.path.normpath(PurePosixPath(base).parent / path)
