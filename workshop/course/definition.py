"""Reads a course from `lessons/course.toml` and `lessons/NN-name/lesson.toml`.

One file is judged at a time: keys, types, names. Whether the lessons fit the tree, and each other, is the gates'
business.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from workshop.course.errors import CourseError
from workshop.course.lesson import Course, Exercise, Lesson
from workshop.course.toml_table import Table

COURSE = "lessons/course.toml"
_NAME = re.compile(r"lessons/(?P<name>\d\d-[a-z0-9]+(-[a-z0-9]+)*)/lesson\.toml")
_CHECK = re.compile(r"test_\w+")


def is_definition(path: str) -> bool:
    """Whether a path in the tree is one of those that `parse` wants."""
    return path == COURSE or bool(_NAME.fullmatch(path))


def read(root: Path) -> Course:
    """Read the course that lies in the folder `root`.

    Raises:
        CourseError: a definition is missing, or wrong; the message says file, line and key.
    """
    files = [root / COURSE, *sorted(root.glob("lessons/*/lesson.toml"))]
    return parse({file.relative_to(root).as_posix(): file.read_text() for file in files if file.is_file()})


def parse(files: Mapping[str, str]) -> Course:
    """Return the course whose definitions, by path, are `files`.

    Raises:
        CourseError: as `read` does.
    """
    if COURSE not in files:
        raise CourseError(f"{COURSE} is missing: it says which files every stage has.")
    table = Table.parse(files[COURSE], COURSE)
    base, later = table.texts("base"), table.texts("later")
    table.done()
    lessons = tuple(_lesson(path, files[path]) for path in sorted(files) if path != COURSE)
    numbers = [lesson.number for lesson in lessons]
    for lesson in lessons:
        if numbers.count(lesson.number) > 1:
            raise CourseError(f"{lesson.folder}: there are two lessons {lesson.number}.")
    return Course(base, later, lessons)


def _lesson(path: str, text: str) -> Lesson:
    match = _NAME.fullmatch(path)
    if not match:
        raise CourseError(f"{path}: a lesson's folder is named by two digits and a word, such as 01-crd.")
    table = Table.parse(text, path)
    lesson = Lesson(
        name=match["name"],
        title=table.text("title"),
        minutes=table.number("minutes"),
        adds=_paths(table, "adds"),
        exercises=tuple(map(_exercise, table.tables("exercise"))),
    )
    table.done()
    return lesson


def _exercise(table: Table) -> Exercise:
    exercise = Exercise(
        title=table.text("title"),
        file=table.text("file"),
        place=table.text("place"),
        checks=table.texts("checks"),
        hints=table.texts("hints"),
        why=table.text("why"),
    )
    table.done()
    if not _inside(exercise.file):
        raise table.error("file", f"must be a path inside the tree, not {exercise.file!r}")
    if not exercise.checks or not all(map(_CHECK.fullmatch, exercise.checks)):
        raise table.error("checks", "must name at least one test, each as test_…")
    return exercise


def _paths(table: Table, key: str) -> tuple[str, ...]:
    paths = table.texts(key)
    for path in paths:
        if not _inside(path):
            raise table.error(key, f"has {path!r}, which is not a path inside the tree")
    return paths


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return not pure.is_absolute() and ".." not in pure.parts and "\\" not in path
