"""Which hint comes next: for the first exercise with a red check, each time a more precise one.

Where nothing could be checked, it is for the exercise in whose place the reason stands; where only what was green from
the start is red, for the one in whose place something was written last.
"""

import difflib
import re
from collections.abc import Iterator, Mapping

from workshop.course.errors import CourseError
from workshop.course.lesson import Lesson
from workshop.student.progress import Progress

_KEY = re.compile(r"(?P<indent> *)(?:- )?(?:async )?(?:def |class )?(?P<name>[\w-]+)")  # of Python, and of YAML


def next_hint(lesson: Lesson, progress: Progress, wish: int | None = None) -> tuple[int, int] | None:
    """Return the numbers, from 1, of the exercise and of its hint; the last one comes again and again.

    `wish` is an exercise that is asked for; without one, there is no hint where all is green.

    Raises:
        CourseError: the checks haven't run yet, or it isn't known which exercise may help.
    """
    if wish is not None:
        if not 1 <= wish <= len(lesson.exercises):
            raise CourseError(f"Lesson {lesson.number} has the exercises 1 to {len(lesson.exercises)}, and no {wish}.")
        return wish, _following(lesson, progress, wish)
    if not progress.outcomes:
        raise CourseError(f"Run the checks first, so a hint can fit: make test LESSON={lesson.number}")
    if progress.green:
        return None
    number = progress.broken or _first_red(lesson, progress)
    if not number:
        raise CourseError(
            "Nothing could be checked, for a reason that is in none of its exercises. "
            f"It stands at the first red check of make test LESSON={lesson.number}"
        )
    return number, _following(lesson, progress, number)


def exercise_at(lesson: Lesson, file: str, text: str, line: int) -> int:
    """Return the number, from 1, of the exercise to which a line of a file with this `text` belongs.

    That is the one whose place alone names the innermost key or function around it; else the first one of the file, or
    0 if it has none.
    """
    of_file = [number for number, each in enumerate(lesson.exercises, 1) if each.file == file]
    for name in _around(text.splitlines()[:line]):
        named = [number for number in of_file if name in re.findall(r"[\w-]+", lesson.exercises[number - 1].place)]
        if len(named) == 1:
            return named[0]
    return of_file[0] if of_file else 0


def exercise_looked_at(lesson: Lesson, look: str, texts: Mapping[str, str]) -> int:
    """Return the exercise to which belongs where to `look`: `FILE, line N`, of a file with one of the `texts`."""
    file, _, place = look.partition(", line ")
    line = re.match(r"\d+", place)
    return exercise_at(lesson, file, texts.get(file, ""), int(line[0]) if line else 0)


def exercise_changed(lesson: Lesson, before: Mapping[str, str], now: Mapping[str, str]) -> int:
    """Return the exercise in whose place the texts of files differ, the last one if there are several; 0 for none."""
    changed = [
        exercise_at(lesson, file, text, end)
        for file, text in now.items()
        for kind, _, _, _, end in difflib.SequenceMatcher(
            None, before.get(file, "").splitlines(), text.splitlines(), autojunk=False
        ).get_opcodes()
        if kind != "equal"
    ]
    return max(changed, default=0)


def _around(lines: list[str]) -> Iterator[str]:
    """Yield the names of the last of these lines, and of the lines around it, the innermost first."""
    indent = float("inf")
    for line in reversed(lines):
        key = _KEY.match(line)
        if key and len(key["indent"]) < indent:
            indent = len(key["indent"])
            yield key["name"]


def _first_red(lesson: Lesson, progress: Progress) -> int:
    if not any(progress.outcomes.values()) and progress.outcomes.keys() - lesson.checks:
        return 0
    outcomes = {
        number: [progress.outcomes.get(check) for check in exercise.checks]
        for number, exercise in enumerate(lesson.exercises, 1)
    }
    for outcome in (False, None):  # one that was not run may wait for a later exercise
        if numbers := [number for number, seen in outcomes.items() if outcome in seen]:
            return numbers[0]
    return progress.changed or len(lesson.exercises)


def _following(lesson: Lesson, progress: Progress, number: int) -> int:
    return min(progress.hints.get(str(number), 0) + 1, len(lesson.exercises[number - 1].hints))
