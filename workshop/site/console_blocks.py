"""Shows what people type and what it prints, so that the copy button takes the one without the other.

Pygments has a lexer for that, but it takes the further lines of a command, those after `> `, for output.
"""

import html
from collections.abc import Iterator
from dataclasses import replace

from workshop.course.markdown import FencedBlock, text_and_blocks
from workshop.site.page import Page


def mark_commands(page: Page) -> Page:
    """Return the page with its console blocks as HTML, in which prompts, commands and output are marked.

    Those in lists, where MkDocs takes no HTML, stay as they are.
    """
    return replace(page, text="".join(_as_html(*part) for part in text_and_blocks(page.text)))


def _as_html(text: str, block: FencedBlock | None) -> str:
    if not block or block.language != "console" or not text.startswith(("```", "~~~")):
        return text
    return f'<div class="language-console highlight"><pre><code>{"".join(_marked(block.content))}</code></pre></div>\n'


def _marked(content: str) -> Iterator[str]:
    typing = False
    for line in content.splitlines():
        typing = line.startswith("$ ") or (typing and line.startswith("> "))
        if typing:
            yield f'<span class="gp">{_escaped(line[:2])}</span>{_escaped(line[2:])}\n'
        else:
            yield f'<span class="go">{_escaped(line)}\n</span>'


def _escaped(text: str) -> str:
    return html.escape(text).replace("`", "&#96;")
