"""What the gates find wrong, each as a sentence. Pure decisions: what they decide on, `tests/gates` reads and runs."""

import re
from collections.abc import Collection, Iterable, Iterator

from workshop.course import page
from workshop.course.lesson import Lesson
from workshop.grading.result import CheckResult, LessonResult

MIN_HINTS = 2
_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def unexpected_outcomes(result: LessonResult, red: Collection[str]) -> Iterator[str]:
    """Yield where the checks that failed aren't those in `red`, or where one of them broke instead of failing."""
    for check in sorted(red):
        if result.outcomes.get(check, True):
            yield f"{check} {'passes' if check in result.outcomes else 'was not run'}, and should fail"
    for check in result.findings:
        if not check.passed and check.check.partition("[")[0] not in red:
            yield f"{check.check} fails, and should pass: {_words(check)}"
        elif not check.passed and not check.own:
            yield f"{check.check} breaks instead of failing: {_words(check)}"


def checks_in(module: str) -> set[str]:
    """Return the names of the checks that the text of a test module defines."""
    return set(_TEST.findall(module))


def vacuous_checks(lesson: Lesson, checks: Iterable[str], caught_by: Iterable[str]) -> Iterator[str]:
    """Yield which `checks` nothing makes red: neither the starter nor a mutant, which are `caught_by` these."""
    for check in sorted(set(checks) - lesson.checks - set(caught_by)):
        yield f"{check} fails for nothing that is wrong, so it checks nothing"


def missing_hints(lesson: Lesson) -> Iterator[str]:
    """Yield which exercises have too few hints."""
    for number, exercise in enumerate(lesson.exercises, 1):
        if len(exercise.hints) < MIN_HINTS:
            yield f"exercise {number} has {len(exercise.hints)} hints, and needs at least {MIN_HINTS}"


def missing_outcome_of_starter(lesson: Lesson, markdown: str) -> Iterator[str]:
    """Yield whether the lesson's page doesn't show, before its exercises are solved, what their checks say."""
    command = f"make test LESSON={lesson.number}"
    solved = page.end_of_exercises(markdown)
    if not any(each.text == command and each.line < solved for each in page.commands(markdown)):
        yield f"lesson.md doesn't show what `{command}` says about the starter"


def _words(check: CheckResult) -> str:
    return f"expected {check.expected or 'otherwise'}; seen: {check.seen} ({check.look})"
