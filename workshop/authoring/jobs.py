"""What a gate tries, one thing at a time: each can be done by another process, and tells what is wrong."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from workshop import notebooks
from workshop.authoring.mutants import Mutant
from workshop.authoring.rehearsal import rehearse
from workshop.authoring.sandbox import Trials
from workshop.course.errors import CourseError
from workshop.course.git import Git
from workshop.course.lesson import Lesson
from workshop.grading.result import CheckResult, LessonResult


@dataclass(frozen=True)
class Tried:
    """What came of one thing that was tried: what is wrong with it, the page's commands, the starter's checks."""

    problems: tuple[str, ...]
    commands: int = 0
    checks: frozenset[str] = frozenset()


Job: TypeAlias = Callable[[Trials], Tried]


@contextlib.contextmanager
def trials(git: Git) -> Iterator[Trials]:
    """What it is tried with: a runner for all of it."""
    with contextlib.closing(Trials(git)) as ours:
        yield ours


def made(stage: str, target: str, trials: Trials) -> Tried:
    """Run a make target in a stage."""
    problem = trials.make(stage, target)
    return Tried((problem,) if problem else ())


def starter_fails(start: str, lesson: Lesson, trials: Trials) -> Tried:
    """Check a start."""
    result = trials.check(start, lesson)
    return Tried(tuple(_differences("the starter", result, lesson.checks)), checks=frozenset(result.outcomes))


def wrong_is_caught(stage: str, lesson: Lesson, wrong: Mutant, trials: Trials) -> Tried:
    """Check a stage with something wrong in it."""
    try:
        result = trials.check(stage, lesson, patch=wrong.patch)
    except CourseError as error:
        return Tried((f"{wrong.file}: {error}",))
    return Tried(tuple(_differences(wrong.file, result, wrong.checks)))


def rehearsed(root: Path, path: str, _: Trials) -> Tried:
    """Run the commands of a page."""
    page = rehearse(root, path)
    return Tried(page.problems, page.commands)


def run(stage: str, path: str, trials: Trials) -> Tried:
    """Run a notebook in a stage."""
    with trials.on_disk(stage) as folder:
        problems = list(notebooks.problems(folder / path))
        try:
            notebooks.run(folder / path)
        except notebooks.NotebookError as error:
            problems.append(str(error))
    return Tried(tuple(problems))


def _differences(subject: str, result: LessonResult, wanted: frozenset[str]) -> Iterator[str]:
    """Say where the red checks aren't those that were wanted, or are red because they broke."""
    red = {check for check, passed in result.outcomes.items() if not passed}
    for check in sorted(wanted - red):
        yield f"{subject} passes {check}, and should not"
    for finding in result.findings:
        if not finding.passed and finding.check.partition("[")[0] not in wanted:
            yield f"{subject} fails {finding.check}, and should not: {_words(finding)}"
        elif not finding.passed and not finding.own:
            yield f"{subject} breaks {finding.check} instead of failing it: {_words(finding)}"


def _words(finding: CheckResult) -> str:
    return f"expected {finding.expected or 'otherwise'}; seen: {finding.seen} ({finding.look})"
