"""Holds the rule that a page shows no code of its own: each snippet is cut from its file by the build, and names it.

    ```python title="icecream_operator/quota.py"
    --8<-- "icecream_operator/quota.py:judge"
    ```

The cutting is done by pymdownx.snippets. What people type and see (`console`, `sh`, `text`) is no snippet.
"""

import re
from collections.abc import Iterator

from workshop.course.markdown import FencedBlock, fenced_blocks
from workshop.site.page import Page

_NO_SNIPPETS = {"", "console", "sh", "text"}
_CUT = re.compile(r'-+8<-+ "(?P<path>[^":]+)(:[^"]*)?"')


def problems(page: Page) -> Iterator[str]:
    """Yield what breaks the rule, with page and line."""
    for block in fenced_blocks(page.text):
        if block.language not in _NO_SNIPPETS and (problem := _problem(block)):
            yield f"{page.source}, line {block.first_line}: {problem}"


def _problem(block: FencedBlock) -> str:
    cuts = [_CUT.fullmatch(line.strip()) for line in block.content.splitlines() if line.strip()]
    if not cuts or not all(cuts):
        return 'this code isn\'t cut from a file: its only content must be --8<-- "FILE" or "FILE:SECTION"'
    names = {cut["path"] for cut in cuts if cut}
    if names != {block.title}:
        return f'the snippet doesn\'t name its file: ```{block.language} title="{min(names)}"'
    return ""
