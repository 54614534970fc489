"""What every lesson must stand up to. A gate yields what is wrong, each as a sentence that names the thing.

Gates judge the files as they lie in the folder, so an author sees what is wrong before committing.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workshop import notebooks
from workshop.course import lesson as definitions
from workshop.course import page, tags, trees
from workshop.course.errors import CourseError
from workshop.course.finding import Finding, Result
from workshop.course.git import snapshot
from workshop.course.lesson import Course, Lesson
from workshop.course.rehearsal import rehearse
from workshop.course.trees import Tree
from workshop.course.trial import Trials
from workshop.course.wrong import Wrong, wrong_ones

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
        found = [(1, lesson.name if lesson else "", what) for lesson, what in trees.problems(course, main)]
        if tags.commits(git, course, main) != tags.commits(other, course, main):
            found.append((5, "", "made twice, they have different hashes"))
    return [Problem(*each) for each in found]


def judge(root: Path, lesson: Lesson) -> Judged:
    """Judge one lesson. Raises CourseError, as `judge_course` does."""
    began = time.monotonic()
    course = _read(root)
    with snapshot(root) as (git, main), contextlib.closing(Trials(git)) as trials:
        wrong = list(wrong_ones(git, main, lesson))
        stage = tags.stage_tree(git, course, main, lesson)
        found = [(1, what) for what in _stands_alone(trials, stage)]
        result = trials.check(tags.start_tree(git, course, main, lesson), lesson)
        found += [(2, what) for what in _differences("the starter", result, lesson.checks)]
        found += [(2, what) for what in _page_shows(root, lesson)]
        missed = {each.file: list(_wrong_is_caught(trials, stage, lesson, each)) for each in wrong}
        found += [(3, what) for told in missed.values() for what in told]
        found += [(3, what) for what in _vacuous(lesson, wrong, frozenset(result.outcomes))]
        found += [(4, what) for what in _hints(lesson)]
        pages = [rehearse(root, path) for path in _own(course, main, lesson, ".md")]
        found += [(4, what) for each in pages for what in each.problems]
        books = _own(course, main, lesson, ".ipynb")
        found += [(4, what) for path in books for what in _runs(trials, stage, path)]
    return Judged(
        lesson,
        sum(not told for told in missed.values()),
        sum(each.commands for each in pages),
        len(books),
        tuple(Problem(gate, lesson.name, what) for gate, what in found),
        time.monotonic() - began,
    )


def _read(root: Path) -> Course:
    if (root / tags.STAGE_FILE).exists():
        raise CourseError("This is a lesson's stage. The gates are on main: git switch main")
    return definitions.read(root)


def _stands_alone(trials: Trials, stage: str) -> Iterator[str]:
    for target in ("test", "demo", "docs"):
        if problem := trials.make(stage, target):
            yield problem


def _page_shows(root: Path, lesson: Lesson) -> Iterator[str]:
    command = f"make test LESSON={lesson.number}"
    text = (root / lesson.folder / "lesson.md").read_text()
    if not any(each.text == command and each.line < page.end_of_exercises(text) for each in page.commands(text)):
        yield f"lesson.md doesn't show what `{command}` says about the starter"


def _wrong_is_caught(trials: Trials, stage: str, lesson: Lesson, wrong: Wrong) -> Iterator[str]:
    try:
        result = trials.check(stage, lesson, patch=wrong.patch)
    except CourseError as error:
        yield f"{wrong.file}: {error}"
    else:
        yield from _differences(wrong.file, result, wrong.checks)


def _vacuous(lesson: Lesson, wrong: list[Wrong], checks: frozenset[str]) -> Iterator[str]:
    caught = lesson.checks.union(*(each.checks for each in wrong))
    yield from (f"{check} fails for nothing that is wrong, so it checks nothing" for check in sorted(checks - caught))


def _differences(subject: str, result: Result, wanted: frozenset[str]) -> Iterator[str]:
    """Say where the red checks aren't those that were wanted, or are red because they broke."""
    red = {check for check, passed in result.outcomes.items() if not passed}
    for check in sorted(wanted - red):
        yield f"{subject} passes {check}, and should not"
    for finding in result.findings:
        if not finding.passed and finding.check.partition("[")[0] not in wanted:
            yield f"{subject} fails {finding.check}, and should not: {_words(finding)}"
        elif not finding.passed and not finding.own:
            yield f"{subject} breaks {finding.check} instead of failing it: {_words(finding)}"


def _words(finding: Finding) -> str:
    return f"expected {finding.expected or 'otherwise'}; seen: {finding.seen} ({finding.look})"


def _hints(lesson: Lesson) -> Iterator[str]:
    for number, exercise in enumerate(lesson.exercises, 1):
        if len(exercise.hints) < MIN_HINTS:
            yield f"exercise {number} has {len(exercise.hints)} hints, and needs at least {MIN_HINTS}"


def _own(course: Course, main: Tree, lesson: Lesson, suffix: str) -> list[str]:
    """What belongs to a lesson, of one kind of files, but for what only authors need."""
    stage = trees.stage(course, main, lesson)
    return [path for path in stage if path.endswith(suffix) and trees.claims(course, path) == [lesson.name]]


def _runs(trials: Trials, stage: str, path: str) -> Iterator[str]:
    with trials.on_disk(stage) as folder:
        yield from notebooks.problems(folder / path)
        try:
            notebooks.run(folder / path)
        except notebooks.NotebookError as error:
            yield str(error)
