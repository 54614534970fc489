"""The commands on a page: what stands in its blocks of the language `console`, and whether a command printed that.

How they are run, and by whom, is `rehearsal`'s business.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from workshop.course.markdown import fenced_blocks, headings

_COMMAND = re.compile(r"^\$ (?P<text>.*(?:\n> .*)*)\n(?P<shows>(?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Command:
    """A command as a reader types it, and what the page shows of its output; `line` is its place on the page."""

    line: int
    text: str
    shows: str

    def printed(self, output: str) -> bool:
        """Whether `output` is what the page shows: `...` stands for anything, a whole line of it also for no line.

        Blanks at the end of a line, which nobody sees, don't count.
        """
        pattern = re.escape(_visible(self.shows))
        pattern = pattern.replace("\\\n\\.\\.\\.", "(\n.*?)?").replace("\\.\\.\\.", ".*?")
        return re.fullmatch(pattern, _visible(output), re.DOTALL) is not None

    @property
    def shows_nothing(self) -> bool:
        """Whether the page tells nothing of the output, so that a failure would go unnoticed."""
        return self.shows.strip() in ("", "...")


def commands(markdown: str) -> Iterator[Command]:
    """Yield the commands of all console blocks: after `$ `, going on after `> `; what follows is their output."""
    for block in fenced_blocks(markdown):
        if block.language == "console":
            for match in _COMMAND.finditer(block.content):
                line = block.first_line + 1 + block.content.count("\n", 0, match.start())
                yield Command(line, match["text"].replace("\n> ", "\n"), match["shows"].rstrip())


def end_of_exercises(markdown: str) -> int:
    """Return the line of the heading after the section `## Exercises`, where one who reads on has solved them.

    Without that section, or if nothing comes after it, it is the end of the page.
    """
    for (section, _), (_, line) in pairwise(headings(markdown, level=2)):
        if section == "Exercises":
            return line
    return markdown.count("\n") + 1


def _visible(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
