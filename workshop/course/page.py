"""The commands on a lesson's page: what stands in its ```console blocks, and whether that is what a command printed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command as a reader types it, and what the page shows of its output; `line` is its place on the page."""

    line: int
    text: str
    shows: str

    def printed(self, output: str) -> bool:
        """Whether `output` is what the page shows: `...` stands for anything, a whole line of it also for no line."""
        pattern = re.escape(self.shows.strip())
        pattern = pattern.replace("\\\n\\.\\.\\.", "(\n.*?)?").replace("\\.\\.\\.", ".*?")
        return re.fullmatch(pattern, output.strip(), re.DOTALL) is not None


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
