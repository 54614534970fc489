"""How results look in a terminal: a line a check, and for the exercise that comes first all that helps with it."""

import shutil
from collections.abc import Collection
from typing import TextIO, assert_never

import click

from workshop.course.lesson import Lesson
from workshop.grading.result import CheckResult, Collected, Event, Finished, LessonResult, Started, Waiting
from workshop.testing.failures import Explanation

_EVERY = 10  # seconds of silence between two lines of a pipe
_NAMES = 11  # columns for `expected:` and its like
_CLEAR = "\r\x1b[K"  # the line on which the cursor is


class Report:
    """Writes to `out` what becomes of the checks as it comes; a terminal also shows which one is running.

    What was `green` before, and still is, is counted and not named.
    """

    def __init__(self, lesson: Lesson, out: TextIO, green: Collection[str] = ()) -> None:
        self._lesson = lesson
        self._out = out
        self._first = 0  # the exercise that is explained in full, as is what belongs to none
        self._explained: set[Explanation] = set()
        self._red: dict[int, None] = {}
        self._green = green
        self._still_green = 0

    def begin(self) -> None:
        """Say what is going to be checked."""
        self._say(f"Lesson {self._lesson.name}, {self._lesson.title}, on a control plane of its own:")

    def show(self, event: Event | Waiting) -> None:
        """Say what has happened."""
        match event:
            case Started():
                self._show_running(title(event.check))
            case Waiting():
                self._show_waiting(event)
            case CheckResult():
                self._show_result(event)
            case Collected() | Finished():
                pass
            case _:
                assert_never(event)

    def end(self, result: LessonResult) -> None:
        """Say what all of it comes to, and what to type next."""
        if self._still_green:
            self._say(f" {click.style('✓', fg='green')} {self._still_green} more, as before")
        number, after = self._lesson.number, f", after {result.seconds:.1f} s."
        if result.green:
            self._say(f"All {result.checks} checks are green{after}")
            self._say(f"The reference, and its reasons: make solution LESSON={number}")
            return
        exercises = [str(each) for each in self._red if each]
        self._say(f"{_count(result)}{_in_exercises(exercises)}{after}")
        red = {check.check for check in result.red}
        reasons = {check.failure for check in result.red}
        if len(reasons) == 1 and (result.run == 0 or (len(red) == result.checks and (len(red) > 1 or not exercises))):
            self._say("All for one reason, which stands above: nothing else can be checked until it is gone.")
            self._say(f"A hint for that place: make hint LESSON={number}")
        elif exercises and result.run < result.checks:
            self._say(f"Begin with exercise {exercises[0]}; the rest is run once these are green.")
            self._say(f"A hint: make hint LESSON={number}")
        elif exercises:
            self._say(f"Begin with exercise {exercises[0]}. A hint: make hint LESSON={number}")
        else:
            self._say(f"That was green when you began: what did you write last? A hint: make hint LESSON={number}")

    def _show_running(self, line: str) -> None:
        if self._out.isatty():
            width = shutil.get_terminal_size().columns - 1
            click.echo(f"{_CLEAR} … {line}"[: width + len(_CLEAR)], file=self._out, nl=False)

    def _show_waiting(self, waiting: Waiting) -> None:
        line = f"{waiting.seconds} s: {title(waiting.check) or 'the checks begin'}"
        self._show_running(line)
        if not self._out.isatty() and waiting.seconds % _EVERY == 0:
            self._say(f" … {line}")

    def _show_result(self, result: CheckResult) -> None:
        if not result.failure and result.check in self._green:
            self._still_green += 1
            return
        if not result.failure:
            self._say(f" {click.style('✓', fg='green')} {title(result.check)}")
            return
        found = self._lesson.exercise_of(result.name)
        number, place = (found[0], f" (exercise {found[0]})") if found else (0, "")
        self._red[number] = None
        self._say(f" {click.style('✗', fg='red')} {title(result.check)}{place}")
        self._first = self._first or number
        if number in (0, self._first):
            self._explain(result, result.failure)

    def _explain(self, result: CheckResult, failure: Explanation) -> None:
        if failure in self._explained:
            self._say("     the same as above")
            return
        self._explained.add(failure)
        if not failure.own:
            self._say("     The check can't go on. Does your code return what it should? Else please report this.")
        for name, text in (
            ("expected:", failure.expected),
            ("seen:", failure.seen),
            ("look:", self._look(result, failure)),
            ("printed:", result.output),
        ):
            for index, line in enumerate(text.strip().splitlines()):
                self._say(f"     {name if not index else '':<{_NAMES}}{line}".rstrip())

    def _look(self, result: CheckResult, failure: Explanation) -> str:
        """Where to look: where all that is known is a line of the check, at the code that it checks."""
        found = self._lesson.exercise_of(result.name)
        if not found or not failure.look.startswith(self._lesson.folder):
            return failure.look
        exercise = found[1]
        return f"{exercise.file}, {exercise.place}; the check: {failure.look}"

    def _say(self, line: str) -> None:
        click.echo(f"{_CLEAR if self._out.isatty() else ''}{line}", file=self._out)


def title(check: str) -> str:
    """Return a test's name as the sentence that it is, with its parameters after a colon."""
    if not check.startswith("test_"):
        return check
    name, _, parameters = check.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f": {parameters[:-1]}" if parameters else "")


def _count(result: LessonResult) -> str:
    if not result.run:
        return f"None of the {result.checks} checks could be run" if result.checks else "No check could be run"
    not_run = result.checks - result.run
    rest = f", {not_run} {'was' if not_run == 1 else 'were'} not run" if not_run else ""
    return f"{len({check.check for check in result.red})} of {result.checks} checks are red{rest}"


def _in_exercises(numbers: list[str]) -> str:
    return f", in exercise{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}" if numbers else ""
