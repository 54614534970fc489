"""The parts of a page by the rules of CommonMark: its fenced blocks and its headings.

What a block means, and what becomes of it, is for others.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from markdown_it import MarkdownIt

# As for pymdownx.superfences, a fence counts however deep it stands; so nothing is code by its indentation alone.
_COMMONMARK = MarkdownIt("commonmark").disable("code")
_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class FencedBlock:
    """A block of code: `content` is what stands between the fences, without the indentation of the opening one.

    `first_line` and `last_line` are the lines of the fences, from 1. Language and title may be empty.
    """

    language: str
    title: str
    content: str
    first_line: int
    last_line: int


def fenced_blocks(markdown: str) -> Iterator[FencedBlock]:
    """Yield the fenced blocks, also those in lists; a fence inside a block is part of its content."""
    for token in _COMMONMARK.parse(markdown):
        if token.type == "fence" and token.map:
            title = _TITLE.search(token.info)
            language = token.info.partition(" ")[0]
            yield FencedBlock(language, title[1] if title else "", token.content, token.map[0] + 1, token.map[1])


def headings(markdown: str, level: int) -> Iterator[tuple[str, int]]:
    """Yield the headings of this level, 1 for `#`: the text, as Markdown, and the line, from 1."""
    for opening, inline in pairwise(_COMMONMARK.parse(markdown)):
        if opening.type == "heading_open" and opening.tag == f"h{level}" and opening.map:
            yield inline.content, opening.map[0] + 1


def text_and_blocks(markdown: str) -> Iterator[tuple[str, FencedBlock | None]]:
    """Cut Markdown at its fenced blocks: yield the text of each part, and the block that it is, if it is one."""
    lines = io.StringIO(markdown).readlines()
    end = 0
    for block in fenced_blocks(markdown):
        yield "".join(lines[end : block.first_line - 1]), None
        yield "".join(lines[block.first_line - 1 : block.last_line]), block
        end = block.last_line
    yield "".join(lines[end:]), None
