"""What an operator's output says about why it doesn't do what it should."""

import re
from dataclasses import dataclass
from pathlib import Path

_TRACEBACK = re.compile(
    r"^Traceback \(most recent call last\):\n(?P<frames>(?:[ ].*\n|\n)*)(?P<error>\S.*)$", re.MULTILINE
)
_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)$', re.MULTILINE)
_NOT_WRITTEN = re.compile(r"NotImplementedError\W+(?P<what>exercise \d+: [^'\"\n]+)")
_LINE = re.compile(r"^\[[\d-]+ [\d:,]+\] \S+ +\[(?P<level>\w+) *\] (?P<message>.*)$", re.MULTILINE)
_WIDTH = 160


@dataclass(frozen=True)
class Trouble:
    """An exception in an operator, and the last place in the house that it came through."""

    words: str
    place: str


def trouble(output: str, root: Path) -> Trouble | None:
    """Return the last exception that an operator has told with its traceback."""
    found = list(_TRACEBACK.finditer(output))
    if not found:
        return None
    places = [
        f"{Path(frame['file']).relative_to(root)}, line {frame['line']}, in {frame['function']}"
        for frame in _FRAME.finditer(found[-1]["frames"])
        if Path(frame["file"]).is_relative_to(root) and ".venv" not in frame["file"]
    ]
    return Trouble(found[-1]["error"][:_WIDTH], places[-1] if places else "")


def not_written(output: str) -> str:
    """Return which exercise an operator has come upon that isn't written yet, or nothing."""
    found = _NOT_WRITTEN.search(output)
    return found["what"] if found else ""


def last_words(output: str, lines: int = 3) -> list[str]:
    """Return what the last lines of an operator's log say."""
    return [f"{line['level']}: {line['message']}"[:_WIDTH] for line in _LINE.finditer(output)][-lines:]
