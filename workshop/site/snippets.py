"""Holds the rule that a page shows no code of its own: each snippet is cut from its file by the build, and names it.

    ```python title="icecream_operator/quota.py"
    --8<-- "icecream_operator/quota.py:judge"
    ```

The cutting is done by pymdownx.snippets. What people type and see (`console`, `sh`, `text`) is no snippet.
"""

import re
from collections.abc import Iterator

from workshop.site.page import Page, parts

_NO_SNIPPETS = {"", "console", "sh", "text"}
_OPENING = re.compile(r' *[`~]+\s*(?P<language>[\w+-]*)(?:.*?title="(?P<title>[^"]*)")?')
_CUT = re.compile(r'-+8<-+ "(?P<path>[^":]+)(:[^"]*)?"')


def problems(page: Page) -> Iterator[str]:
    """Yield what breaks the rule, with page and line."""
    for line, part, is_block in parts(page.text):
        if is_block and (problem := _problem(part)):
            yield f"{page.source}, line {line}: {problem}"


def _problem(block: str) -> str:
    opening, *content = block.splitlines()[:-1]
    match = _OPENING.match(opening)
    assert match, "a block opens with a fence"
    if match["language"] in _NO_SNIPPETS:
        return ""
    cuts = [_CUT.fullmatch(line.strip()) for line in content if line.strip()]
    if not cuts or not all(cuts):
        return 'this code isn\'t cut from a file: its only content must be --8<-- "FILE" or "FILE:SECTION"'
    names = {cut["path"] for cut in cuts if cut}
    if names != {match["title"]}:
        return f'the snippet doesn\'t name its file: ```{match["language"]} title="{min(names)}"'
    return ""
