"""What every lesson must stand up to. A gate yields what is wrong, each as a sentence that names the thing.

Gates judge the files as they lie in the folder, so an author sees what is wrong before committing.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from workshop.authoring import jobs, pool
from workshop.authoring.mutants import Mutant, mutants_of
from workshop.course import definition, stages, tags
from workshop.course.console_commands import commands, end_of_exercises
from workshop.course.errors import CourseError
from workshop.course.git import snapshot
from workshop.course.lesson import Course, Lesson
from workshop.course.stages import Tree

GATES = {
    1: "every stage stands alone",
    2: "every starter fails, and says why",
    3: "every wrong solution is caught",
    4: "every exercise has hints, every page and notebook runs",
    5: "tags made twice are the same",
}
MIN_HINTS = 2


@dataclass(frozen=True)
class Problem:
    """Something that a gate found."""

    gate: int
    lesson: str
    what: str

    def __str__(self) -> str:
        return f"{self.lesson or 'the course'}, gate {self.gate} ({GATES[self.gate]}): {self.what}"


@dataclass(frozen=True)
class Judged:
    """A lesson that went through its gates: what was tried, what is wrong with it, and the time it took."""

    lesson: Lesson
    caught: int
    commands: int
    notebooks: int
    problems: tuple[Problem, ...]
    seconds: float


def judge_course(root: Path) -> list[Problem]:
    """Judge what concerns the course as a whole.

    Raises:
        CourseError: a lesson.toml can't be read, or this is no main.
    """
    course = _read(root)
    with snapshot(root) as (git, main), snapshot(root) as (other, _):
        found = [(1, lesson.name if lesson else "", what) for lesson, what in stages.problems(course, main)]
        if tags.commits(git, course, main) != tags.commits(other, course, main):
            found.append((5, "", "made twice, they have different hashes"))
    return [Problem(*each) for each in found]


def judge(root: Path, lesson: Lesson, workers: int = 3) -> Judged:
    """Judge one lesson, as many things at a time as there are workers: three keep two cores busy.

    Raises:
        CourseError: as `judge_course` does.
    """
    began = time.monotonic()
    course = _read(root)
    with snapshot(root) as (git, main):
        wrong = list(mutants_of(git, main, lesson))
        stage = tags.stage_tree(git, course, main, lesson)
        pages, books = _own(course, main, lesson, ".md"), _own(course, main, lesson, ".ipynb")
        todo: list[tuple[int, jobs.Job]] = [
            *((4, partial(jobs.rehearsed, root, path)) for path in pages),
            *((1, partial(jobs.made, stage, target)) for target in ("test", "demo", "docs")),
            *((4, partial(jobs.run, stage, path)) for path in books),
            (2, partial(jobs.starter_fails, tags.start_tree(git, course, main, lesson), lesson)),
            *((3, partial(jobs.wrong_is_caught, stage, lesson, each)) for each in wrong),
        ]
        outcomes = pool.do([job for _, job in todo], partial(jobs.trials, git), workers)
    done = [(gate, outcome) for (gate, _), outcome in zip(todo, outcomes, strict=True)]
    found = [(gate, what) for gate, outcome in done for what in outcome.problems]
    found += [(2, what) for what in _page_shows(root, lesson)]
    found += [(3, what) for what in _vacuous(lesson, wrong, frozenset().union(*(each.checks for each in outcomes)))]
    found += [(4, what) for what in _hints(lesson)]
    return Judged(
        lesson,
        sum(gate == 3 and not outcome.problems for gate, outcome in done),
        sum(outcome.commands for outcome in outcomes),
        len(books),
        tuple(Problem(gate, lesson.name, what) for gate, what in sorted(found, key=lambda each: each[0])),
        time.monotonic() - began,
    )


def _read(root: Path) -> Course:
    if (root / tags.STAGE_FILE).exists():
        raise CourseError("This is a lesson's stage. The gates are on main: git switch main")
    return definition.read(root)


def _page_shows(root: Path, lesson: Lesson) -> Iterator[str]:
    command = f"make test LESSON={lesson.number}"
    text = (root / lesson.folder / "lesson.md").read_text()
    if not any(each.text == command and each.line < end_of_exercises(text) for each in commands(text)):
        yield f"lesson.md doesn't show what `{command}` says about the starter"


def _vacuous(lesson: Lesson, wrong: list[Mutant], checks: frozenset[str]) -> Iterator[str]:
    caught = lesson.checks.union(*(each.checks for each in wrong))
    yield from (f"{check} fails for nothing that is wrong, so it checks nothing" for check in sorted(checks - caught))


def _hints(lesson: Lesson) -> Iterator[str]:
    for number, exercise in enumerate(lesson.exercises, 1):
        if len(exercise.hints) < MIN_HINTS:
            yield f"exercise {number} has {len(exercise.hints)} hints, and needs at least {MIN_HINTS}"


def _own(course: Course, main: Tree, lesson: Lesson, suffix: str) -> list[str]:
    """What belongs to a lesson, of one kind of files, but for what only authors need."""
    stage = stages.stage(course, main, lesson)
    return [path for path in stage if path.endswith(suffix) and stages.claims(course, path) == [lesson.name]]
