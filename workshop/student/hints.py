"""Which hint comes next: for the first exercise with a red check, each time a more precise one.

Where only what was green from the start is red, what was written last has broken it: that is the last exercise.
"""

from workshop.course.errors import CourseError
from workshop.course.lesson import Exercise, Lesson
from workshop.student.progress import Progress


def next_hint(lesson: Lesson, progress: Progress) -> tuple[int, int]:
    """Return the numbers, from 1, of the exercise and of its hint; the last one comes again and again.

    Raises:
        CourseError: the checks haven't run yet, or are green, or nothing could be checked.
    """
    if not progress.outcomes:
        raise CourseError(f"Run the checks first, so a hint can fit: make test LESSON={lesson.number}")
    if progress.green:
        raise CourseError(
            f"All was green when the checks last ran. The reference: make solution LESSON={lesson.number}"
        )
    if not any(progress.outcomes.values()) and progress.outcomes.keys() - lesson.checks:
        raise CourseError(
            f"Nothing could be checked. The reason stands at the first red check of make test LESSON={lesson.number}"
        )
    red = (number for number, exercise in enumerate(lesson.exercises, 1) if _is_red(exercise, progress))
    number = next(red, len(lesson.exercises))
    return number, min(progress.hints.get(str(number), 0) + 1, len(lesson.exercises[number - 1].hints))


def _is_red(exercise: Exercise, progress: Progress) -> bool:
    return not all(progress.outcomes.get(check, False) for check in exercise.checks)
