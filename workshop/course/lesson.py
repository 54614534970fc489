"""What a lesson is, and the course that the lessons make: plain values, as `definition` reads them."""

from dataclasses import dataclass

from workshop.course.errors import CourseError


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
