"""The commands on a page: what stands in its ```console blocks, and whether that is what a command printed.

How they are run, and by whom, is `rehearsal`'s business.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
_EXERCISES = re.compile(r"^## Exercises$.*?^## ", re.MULTILINE | re.DOTALL)


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
    for block in _BLOCK.finditer(markdown):
        first = markdown.count("\n", 0, block.start(1)) + 1
        found: list[tuple[int, list[str], list[str]]] = []
        for number, line in enumerate(block[1].splitlines(), first):
            if line.startswith("$ "):
                found.append((number, [line[2:]], []))
            elif found and line.startswith("> ") and not found[-1][2]:
                found[-1][1].append(line[2:])
            elif found:
                found[-1][2].append(line)
        for number, command, output in found:
            yield Command(number, "\n".join(command), "\n".join(output))


def end_of_exercises(markdown: str) -> int:
    """Return the line of the heading after the section `## Exercises`, where one who reads on has solved them.

    Without that section, or if nothing comes after it, it is the end of the page.
    """
    text = _FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), markdown)
    section = _EXERCISES.search(text)
    return text.count("\n", 0, section.end() if section else len(text)) + 1


def _visible(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
