"""How findings look in a terminal: a line a check, and for the exercise that comes first all that helps with it."""

from collections.abc import Callable

import click

from workshop.course.lesson import Lesson
from workshop.grading.result import CheckResult, LessonResult

_NAMES = 11  # columns for `expected:` and its like


class Report:
    """Tells findings as they come. `say` prints a line."""

    def __init__(self, lesson: Lesson, say: Callable[[str], None]) -> None:
        self._lesson = lesson
        self._say = say
        self._first = 0  # the exercise that is told in full, as is what belongs to none
        self._told: set[tuple[str, str, str]] = set()
        self._red: dict[int, None] = {}

    def begin(self) -> None:
        """Tell what is going to be checked."""
        self._say(f"Lesson {self._lesson.name}, {self._lesson.title}, on a control plane of its own:")

    def hear(self, finding: CheckResult) -> None:
        """Tell one finding."""
        if finding.passed:
            self._say(f" {click.style('✓', fg='green')} {title(finding.check)}")
            return
        number, place = self._exercise(finding)
        self._red[number] = None
        self._say(f" {click.style('✗', fg='red')} {title(finding.check)}{place}")
        self._first = self._first or number
        if number in (0, self._first):
            self._explain(finding)

    def end(self, result: LessonResult) -> None:
        """Tell what all of it comes to, and what to type next."""
        number = self._lesson.number
        red = sum(not finding.passed for finding in result.findings)
        if result.green:
            self._say(f"All {len(result.findings)} checks are green, after {result.seconds:.1f} s.")
            self._say(f"The reference, and its reasons: make solution LESSON={number}")
            return
        exercises = [str(each) for each in self._red if each]
        plural = "s" if len(exercises) > 1 else ""
        where = f", in exercise{plural} {', '.join(exercises)}" if exercises else ""
        self._say(f"{red} of {len(result.findings)} checks are red{where}, after {result.seconds:.1f} s.")
        reasons = {(each.expected, each.seen, each.look) for each in result.findings if not each.passed}
        if red == len(result.findings) and len(reasons) == 1 and (red > 1 or not exercises):
            self._say("All for one reason, which stands above: nothing else can be checked until it is gone.")
        elif exercises:
            self._say(f"Begin with exercise {exercises[0]}. A hint: make hint LESSON={number}")
        else:
            self._say(f"That was green when you began: what did you write last? A hint: make hint LESSON={number}")

    def _explain(self, finding: CheckResult) -> None:
        key = (finding.expected, finding.seen, finding.look)
        if key in self._told:
            self._say("     the same as above")
            return
        self._told.add(key)
        if not finding.own:
            self._say("     The check can't go on. Does your code return what it should? Else please report this.")
        for name, text in (
            ("expected:", finding.expected),
            ("seen:", finding.seen),
            ("look:", self._look(finding)),
            ("printed:", finding.output),
        ):
            for index, line in enumerate(text.strip().splitlines()):
                self._say(f"     {name if not index else '':<{_NAMES}}{line}".rstrip())

    def _look(self, finding: CheckResult) -> str:
        """Where to look: where all that is known is a line of the check, at the code that it checks."""
        found = self._lesson.exercise_of(finding.check.partition("[")[0])
        if not found or not finding.look.startswith(self._lesson.folder):
            return finding.look
        exercise = found[1]
        return f"{exercise.file}, {exercise.place}; the check: {finding.look}"

    def _exercise(self, finding: CheckResult) -> tuple[int, str]:
        found = self._lesson.exercise_of(finding.check.partition("[")[0])
        return (found[0], f" (exercise {found[0]})") if found else (0, "")


def title(check: str) -> str:
    """Return a test's name as the sentence that it is, with its parameters after a colon."""
    if not check.startswith("test_"):
        return check
    name, _, parameters = check.removeprefix("test_").partition("[")
    return name.replace("_", " ") + (f": {parameters[:-1]}" if parameters else "")
