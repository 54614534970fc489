"""What the gates find wrong, each as a sentence. Pure decisions: what they decide on, `tests/gates` reads and runs."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator

from workshop.course.console_commands import commands, end_of_exercises
from workshop.course.lesson import Lesson
from workshop.grading.result import LessonResult
from workshop.testing.failures import Explanation

MIN_HINTS = 2
_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


def unexpected_outcomes(result: LessonResult, red: Collection[str]) -> Iterator[str]:
    """Yield where the checks that failed aren't those in `red`, or where one of them broke instead of failing."""
    for check in sorted(red):
        if result.outcomes.get(check, True):
            yield f"{check} {'passes' if check in result.outcomes else 'was not run'}, and should fail"
    for each in result.results:
        if each.failure and each.name not in red:
            yield f"{each.check} fails, and should pass: {_words(each.failure)}"
        elif each.failure and not each.failure.own:
            yield f"{each.check} breaks instead of failing: {_words(each.failure)}"


def checks_in(module: str) -> set[str]:
    """Return the names of the checks that the text of a test module defines."""
    return set(_TEST.findall(module))


def vacuous_checks(checks: Iterable[str], red: Iterable[str]) -> Iterator[str]:
    """Yield which `checks` nothing makes red: neither the starter nor a mutant, which make these `red`."""
    for check in sorted(set(checks) - set(red)):
        yield f"{check} fails for nothing that is wrong, so it checks nothing"


def missing_hints(lesson: Lesson) -> Iterator[str]:
    """Yield which exercises have too few hints."""
    for number, exercise in enumerate(lesson.exercises, 1):
        if len(exercise.hints) < MIN_HINTS:
            yield f"exercise {number} has {len(exercise.hints)} hints, and needs at least {MIN_HINTS}"


def outdated_starter(starter: str, reference: str, places: Collection[str]) -> Iterator[str]:
    """Yield what a starter in Python has otherwise than main: all but its imports, and the functions `places`.

    Private functions of main's it may lack: by these the reference has divided what a student writes.
    """
    ours, theirs = (_definitions(ast.parse(text).body, places) for text in (reference, starter))
    for name in sorted(ours.keys() | theirs.keys()):
        lacks = name not in theirs
        if ours.get(name) != theirs.get(name) and not (lacks and name.rpartition(".")[2].startswith("_")):
            yield f"the starter {'lacks' if lacks else 'has an old'} {name}, which no exercise is about"


def missing_outcome_of_starter(lesson: Lesson, markdown: str) -> Iterator[str]:
    """Yield whether the lesson's page doesn't show, before its exercises are solved, what their checks say."""
    command = f"make test LESSON={lesson.number}"
    solved = end_of_exercises(markdown)
    if not any(each.text == command and each.line < solved for each in commands(markdown)):
        yield f"lesson.md doesn't show what `{command}` says about the starter"


def _definitions(nodes: Iterable[ast.stmt], places: Collection[str], within: str = "") -> dict[str, str]:
    """What a module or a class defines, by name; the functions in `places` are without their bodies."""
    definitions: dict[str, str] = {}
    others = []
    for node in nodes:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = f"{within}{node.name}"
            if isinstance(node, ast.ClassDef):
                definitions |= _definitions(node.body, places, f"{name}.")
            if isinstance(node, ast.ClassDef) or node.name in places:
                node.body = []
            definitions[name] = ast.dump(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            others.append(ast.dump(node))
    return definitions | {f"{within}(the rest)": "\n".join(others)}


def _words(failure: Explanation) -> str:
    return f"expected {failure.expected or 'otherwise'}; seen: {failure.seen} ({failure.look})"
