"""What an operator's output says about why it doesn't do what it should."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop.testing.failures import ask_for_await

_RAISED = "Traceback (most recent call last):\n"
_TRACEBACK = re.compile(
    r"^(?P<before>Exception ignored .*\n|During handling of .*\n\n|The above exception was .*\n\n)?"
    rf"{re.escape(_RAISED)}(?P<frames>(?:[ ].*\n|\n)*)(?P<error>\S.*)$",
    re.MULTILINE,
)
_TIME = r"\[[\d-]+ [\d:,]+\]"
_LINE = re.compile(rf"^{_TIME} \S+ +\[(?P<level>\w+) *\] (?P<message>.*)$", re.MULTILINE)
_PYTHONS = r"Exception ignored |Process |\S+:\d+: \w+Warning: "  # what Python writes of itself, between log lines
_OF_OBJECT = re.compile(
    rf"^{_TIME} \S+ +\[\w+ *\] \[(?P<name>[^\]\s]+)\] .*\n"
    rf"(?:{re.escape(_RAISED)}(?:(?!{_TIME}|{_PYTHONS}).*\n)*)?",
    re.MULTILINE,
)
_FRAME = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+), in (?P<function>\S+)$', re.MULTILINE)
_NEVER_AWAITED = re.compile(
    r"^(?P<file>/.+):(?P<line>\d+): RuntimeWarning: (?P<what>coroutine '.+' was never awaited)$", re.MULTILINE
)
_NOT_WRITTEN = re.compile(r"NotImplementedError\W+(?P<what>exercise \d+: [^'\"\n]+)")
_WIDTH = 400  # the API server's own words take 300, and the reason comes last


@dataclass(frozen=True)
class LoggedError:
    """An exception in an operator, and the last place in the house that it came through."""

    message: str
    place: str


def about(output: str, names: Collection[str]) -> str:
    """Return an operator's output without what it says, and which exceptions it logs, of objects of other names."""
    return _OF_OBJECT.sub(lambda logged: logged[0] if logged["name"] in names else "", output)


def last_error(output: str, root: Path, written: Collection[str]) -> LoggedError | None:
    """Return the last exception that an operator has logged with its traceback.

    A place in a file that students write (`written`, paths in `root`) comes before any other place in `root`. Of
    exceptions that led to each other, the last one that came through such a file is returned.
    """
    chain: list[tuple[re.Match[str], str, bool]] = []
    for traceback in _tracebacks(output):
        if not traceback["before"]:
            chain.clear()
        chain.append((traceback, *_place(traceback["frames"], root, written)))
    if not chain:
        return None
    traceback, place, _ = next((each for each in reversed(chain) if each[2]), chain[-1])
    return LoggedError(ask_for_await(_cut(traceback["error"])), place)


def never_awaited(output: str, root: Path) -> LoggedError | None:
    """Return the last coroutine that was made in `root` and never awaited, as Python warns of it."""
    found = [
        LoggedError(ask_for_await(each["what"]), f"{path}, line {each['line']}")
        for each in _NEVER_AWAITED.finditer(output)
        if (path := _inside(each["file"], root))
    ]
    return found[-1] if found else None


def unwritten_exercise(output: str) -> str:
    """Return which exercise an operator has come upon that isn't written yet, or nothing."""
    found = _NOT_WRITTEN.search(output)
    return found["what"] if found else ""


def last_messages(output: str, lines: int = 3) -> list[str]:
    """Return level and message of the last lines of an operator's log that are about an object, or a warning."""
    reasons = [line for line in _LINE.finditer(output) if line["level"] != "INFO" or line["message"].startswith("[")]
    return [_cut(f"{line['level']}: {line['message']}") for line in reasons[-lines:]]


def _tracebacks(output: str) -> Iterator[re.Match[str]]:
    """Yield all but those that Python ignores, as it does while a process ends: they are the end's, and no cause."""
    ignored = False
    for traceback in _TRACEBACK.finditer(output):
        before = traceback["before"] or ""
        ignored = before.startswith("Exception ignored") or (ignored and bool(before))
        if not ignored:
            yield traceback


def _place(frames: str, root: Path, written: Collection[str]) -> tuple[str, bool]:
    """The last place in `root`, or rather in a file that students write; and whether it is in one of those."""
    house = [
        (path, f"{path}, line {frame['line']}, in {frame['function']}")
        for frame in _FRAME.finditer(frames)
        if (path := _inside(frame["file"], root))
    ]
    students = [place for path, place in house if path in written]
    return (students or [place for _, place in house] or [""])[-1], bool(students)


def _inside(file: str, root: Path) -> str:
    path = Path(file)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) and ".venv" not in path.parts else ""


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]} ..."
