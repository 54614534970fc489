"""Which hint comes next: for the first exercise with a red check, each time a more precise one."""

from workshop.course.errors import CourseError
from workshop.course.lesson import Exercise, Lesson
from workshop.course.progress import Progress


def next_hint(lesson: Lesson, progress: Progress) -> tuple[int, int]:
    """Return the numbers, from 1, of the exercise and of its hint; the last one comes again and again.

    Raises:
        CourseError: the checks haven't run yet, or none of an exercise is red.
    """
    if not progress.outcomes:
        raise CourseError(f"Run the checks first, so a hint can fit: make test LESSON={lesson.number}")
    for number, exercise in enumerate(lesson.exercises, 1):
        if _is_red(exercise, progress):
            given = progress.hints.get(str(number), 0)
            return number, min(given + 1, len(exercise.hints))
    raise CourseError(f"No exercise was red when the checks last ran. Run them again: make test LESSON={lesson.number}")


def _is_red(exercise: Exercise, progress: Progress) -> bool:
    return not all(progress.outcomes.get(check, False) for check in exercise.checks)
