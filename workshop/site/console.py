"""Shows what people type and what it prints, so that the copy button takes the one without the other.

Pygments has a lexer for that, but it takes the further lines of a command, those after `> `, for output.
"""

import html
from collections.abc import Iterator
from dataclasses import replace

from workshop.site.page import Page, parts


def shown(page: Page) -> Page:
    """Return the page with its console blocks as HTML: prompts, commands and output can be told apart."""
    return replace(page, text="".join(_as_html(part) if is_block else part for _, part, is_block in parts(page.text)))


def _as_html(block: str) -> str:
    opening, *lines = block.splitlines()[:-1]
    if opening != "```console":
        return block
    return f'<div class="language-console highlight"><pre><code>{"".join(_marked(lines))}</code></pre></div>'


def _marked(lines: list[str]) -> Iterator[str]:
    typing = False
    for line in lines:
        typing = line.startswith("$ ") or (typing and line.startswith("> "))
        if typing:
            yield f'<span class="gp">{_escaped(line[:2])}</span>{_escaped(line[2:])}\n'
        else:
            yield f'<span class="go">{_escaped(line)}\n</span>'


def _escaped(text: str) -> str:
    return html.escape(text).replace("`", "&#96;")
