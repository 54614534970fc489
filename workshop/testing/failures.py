"""What a red check says to a student: what was expected, what was seen instead, where to look. Never a traceback.

A check that knows all three says so by `CheckFailedError`; whatever else ends one is explained here, from the exception
and the student's own line in its traceback.
"""

import linecache
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from workshop.course import definition

_LINES = 12  # of what was seen, at most


class CheckFailedError(AssertionError):
    """The check's verdict in words. `look` names a file and a place in it, or a command that shows more."""

    def __init__(self, *, expected: str, seen: str, look: str) -> None:
        super().__init__(f"expected {expected}\nseen: {seen}\nlook: {look}")
        self.explanation = Explanation(expected, seen, look)


class PreconditionError(CheckFailedError):
    """What all checks stand on isn't there, so none can run: the verdict is on `subject`, a file."""

    def __init__(self, subject: str, *, expected: str, seen: str, look: str) -> None:
        super().__init__(expected=expected, seen=seen, look=look)
        self.subject = subject


class NotRunError(Exception):
    """This check and those after it wait until the ones before it are green."""


@dataclass(frozen=True)
class Explanation:
    """Why a check is red. `own` is False where the check can't go on with what it got."""

    expected: str
    seen: str
    look: str
    own: bool = True


def students_files(root: Path) -> frozenset[str]:
    """Return the paths in `root` that students write."""
    return frozenset(exercise.file for each in definition.read(root).lessons for exercise in each.exercises)


def ask_for_await(words: str) -> str:
    """Return the words, with a question where a coroutine was taken for what it returns, or for done."""
    forgotten = "'coroutine' object" in words or "was never awaited" in words
    return f"{words} (is an await forgotten?)" if forgotten else words


def broken_file(error: BaseException, root: Path, written: Collection[str]) -> str:
    """Return the file that can't be imported, where it is one that students write, or nothing."""
    frame = _students_frame(error.__traceback__, root, written)
    path = _inside(error.filename, root) if isinstance(error, SyntaxError) else frame[0] if frame else ""
    return path if path in written else ""


def explain(error: BaseException, root: Path, written: Collection[str]) -> Explanation:
    """Explain what ended a check; `written` are the paths in `root` that students write."""
    if isinstance(error, CheckFailedError):
        return error.explanation
    if isinstance(error, SyntaxError) and (path := _inside(error.filename, root)) in written:
        line = (error.text or "").strip()
        return Explanation(f"{path} to be Python", f"{error.msg}: {line}", f"{path}, line {error.lineno}", own=True)
    if frame := _students_frame(error.__traceback__, root, written):
        path, number, function = frame
        line = linecache.getline(str(root / path), number).strip()
        place = f"{path}, line {number}" + ("" if function == "<module>" else f", in {function}")
        return Explanation("it to end with an answer", _words(error), f"{place}: {line}")
    if (path := _inside(_module(error), root)) in written:
        return Explanation("what the checks call to be there", _words(error), path)
    if isinstance(error, AssertionError):
        return Explanation("", _words(error), _last_line(error, root))
    return Explanation("", _words(error), _last_line(error, root), own=False)


def _students_frame(trace: TracebackType | None, root: Path, written: Collection[str]) -> tuple[str, int, str] | None:
    """Path, line and function of the innermost frame in a file that students write."""
    for frame in reversed(traceback.extract_tb(trace)):
        if (path := _inside(frame.filename, root)) in written:
            return path, frame.lineno or 0, frame.name
    return None


def _module(error: BaseException) -> str | None:
    """The file of the module that lacks something, where that is what went wrong."""
    if isinstance(error, ImportError):
        return error.path
    return getattr(error.obj, "__file__", None) if isinstance(error, AttributeError) else None


def _last_line(error: BaseException, root: Path) -> str:
    frames = [(_inside(frame.filename, root), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    return next((f"{path}, line {number}" for path, number in reversed(frames) if path.startswith("lessons/")), "")


def _words(error: BaseException) -> str:
    text = str(error).strip()
    name = "" if isinstance(error, AssertionError) and text else f"{type(error).__name__}: "
    lines = ask_for_await(f"{name}{text}".rstrip(": ")).splitlines()
    return "\n".join(lines[:_LINES] + (["..."] if len(lines) > _LINES else []))


def _inside(filename: str | None, root: Path) -> str:
    try:
        return Path(filename or "").resolve().relative_to(root).as_posix()
    except ValueError:
        return ""
