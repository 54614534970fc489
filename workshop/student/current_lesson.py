"""Where somebody stands: on main, which holds the finished operator, or in the stage of a lesson."""

from pathlib import Path

from workshop.course.errors import CourseError
from workshop.course.lesson import Course, Lesson
from workshop.course.tags import STAGE_FILE


def current(root: Path, course: Course) -> Lesson | None:
    """Return the lesson whose stage the folder `root` is; None on main."""
    try:
        name = (root / STAGE_FILE).read_text().strip()
    except FileNotFoundError:
        return None
    return course.lesson(name)


def chosen(root: Path, course: Course, name: str | None) -> Lesson:
    """Return the lesson that was asked for, or else the one of the stage.

    Raises:
        CourseError: there is no such lesson, or none was asked for and this is main.
    """
    lesson = course.lesson(name) if name else current(root, course)
    if not lesson:
        raise CourseError("This is main, which holds the finished operator. Which lesson? For example: LESSON=01")
    return lesson
