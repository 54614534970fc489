"""What a student's files and the reference differ in, with the reasons for the reference."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from workshop.course.git import Git
from workshop.course.lesson import Lesson


def solution(git: Git, root: Path, lesson: Lesson) -> Iterator[str]:
    """Yield lines: for each file the difference, and for each of its exercises why.

    Raises:
        CourseError: the tag of the lesson's stage isn't there.
    """
    for file in dict.fromkeys(exercise.file for exercise in lesson.exercises):
        yield from difference(root / file, git.text(f"refs/tags/{lesson.tag}", file), file)
    for number, exercise in enumerate(lesson.exercises, 1):
        yield from ("", f"Exercise {number}, {exercise.title}: {exercise.why}")


def difference(mine: Path, reference: str, name: str) -> list[str]:
    """Return a unified diff from a student's file to the reference, or a line that says that there is none."""
    text = mine.read_text() if mine.exists() else ""
    lines = difflib.unified_diff(
        text.splitlines(), reference.splitlines(), f"yours/{name}", f"reference/{name}", lineterm=""
    )
    return list(lines) or [f"{name} is the reference."]
