"""What a lesson is, as `lessons/NN-name/lesson.toml` says it, and the course that the lessons make.

Reading judges one file at a time: keys, types, names. Whether the lessons fit the tree, and each other, is the gates'
business.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from workshop.course.errors import CourseError
from workshop.course.toml import Table

COURSE = "lessons/course.toml"
_NAME = re.compile(r"lessons/(?P<name>\d\d-[a-z0-9]+(-[a-z0-9]+)*)/lesson\.toml")
_CHECK = re.compile(r"test_\w+")


@dataclass(frozen=True)
class Exercise:
    """Something that a student writes.

    `file` is its path in the tree, and `place` what is to be written there: a function of a Python file, else words.
    `checks` names the tests that fail until it is written; `hints` go from vague to precise; `why` gives the reasons
    for what the reference does.
    """

    title: str
    file: str
    place: str
    checks: tuple[str, ...]
    hints: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Lesson:
    """A lesson. `name` is its folder's, such as `01-crd`; `adds` are files, or folders with a slash at the end."""

    name: str
    title: str
    minutes: int
    adds: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    @property
    def number(self) -> str:
        """Its two digits."""
        return self.name[:2]

    @property
    def folder(self) -> str:
        """Where it lies in the tree."""
        return f"lessons/{self.name}"

    @property
    def tag(self) -> str:
        """The tag of its stage, with the exercises solved."""
        return f"lesson-{self.name}"

    @property
    def start_tag(self) -> str:
        """The tag of the previous stage with what this lesson gives, and its exercises to be written."""
        return f"{self.tag}-start"

    @property
    def checks(self) -> frozenset[str]:
        """All tests that its exercises name."""
        return frozenset(check for exercise in self.exercises for check in exercise.checks)

    def exercise_of(self, check: str) -> tuple[int, Exercise] | None:
        """Return the exercise, and its number from 1, that has this check; None for what holds from the start."""
        for number, exercise in enumerate(self.exercises, 1):
            if check in exercise.checks:
                return number, exercise
        return None


@dataclass(frozen=True)
class Course:
    """All lessons in their order.

    `base` is what every stage has; `later` is what a lesson will add that isn't there yet: on main, and in no stage.
    """

    base: tuple[str, ...]
    later: tuple[str, ...]
    lessons: tuple[Lesson, ...]

    def lesson(self, name: str) -> Lesson:
        """Return the lesson of that number (`1`, `01`) or name (`01-crd`).

        Raises:
            CourseError: there is none.
        """
        for lesson in self.lessons:
            if name in (lesson.name, lesson.number, lesson.number.lstrip("0")):
                return lesson
        there = ", ".join(lesson.name for lesson in self.lessons) or "none"
        raise CourseError(f"There is no lesson {name!r}. There are: {there}.")

    def before(self, lesson: Lesson) -> Lesson | None:
        """Return the lesson before this one."""
        index = self.lessons.index(lesson)
        return self.lessons[index - 1] if index else None


def is_definition(path: str) -> bool:
    """Whether a path in the tree is one of those that `parse` wants."""
    return path == COURSE or bool(_NAME.fullmatch(path))


def read(root: Path) -> Course:
    """Read the course that lies in the folder `root`. Raises CourseError."""
    found = [root / COURSE, *sorted(root.glob("lessons/*/lesson.toml"))]
    return parse({path.relative_to(root).as_posix(): path.read_text() for path in found if path.is_file()})


def parse(files: Mapping[str, str]) -> Course:
    """Return the course whose definitions, by path, are `files`. Raises CourseError."""
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
