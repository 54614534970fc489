"""What a student reads while checks run, and at their end."""

import io

import pytest

from workshop.course.lesson import Exercise, Lesson
from workshop.grading.result import CheckResult, LessonResult, Started, Waiting
from workshop.student.report import Report
from workshop.testing.failures import Explanation

EXERCISES = tuple(
    Exercise(name, f"{name}.py", name, checks=(f"test_{name}",), hints=("Think.", "So."), why="Because.")
    for name in ("scoop", "cone")
)
LESSON = Lesson(name="01-shop", title="The shop", minutes=1, adds=(), exercises=EXERCISES)
ALL = "All for one reason, which stands above: nothing else can be checked until it is gone."
PLACE = "A hint for that place: make hint LESSON=01"
FIRST = "Begin with exercise 1. A hint: make hint LESSON=01"
REST = ["Begin with exercise 1; the rest is run once these are green.", "A hint: make hint LESSON=01"]
BEFORE = "That was green when you began: what did you write last? A hint: make hint LESSON=01"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def red(name: str, why: str = "no API", look: str = "") -> CheckResult:
    return CheckResult(f"test_{name}", Explanation("an answer", why, look))


def end(*results: CheckResult, checks: int, run: int) -> list[str]:
    """Return the last lines, without the time."""
    out = io.StringIO()
    report = Report(LESSON, out)
    for result in results:
        report.show(result)
    out.truncate(0)
    out.seek(0)
    report.end(LessonResult(results, checks, run, ended_well=True, seconds=1))
    return [line.removesuffix(", after 1.0 s.") for line in out.getvalue().splitlines()]


def test_where_only_a_line_of_the_check_is_known_the_code_that_it_checks_is_named_too() -> None:
    out = io.StringIO()
    Report(LESSON, out).show(red("cone", look="lessons/01-shop/test_shop.py, line 7"))
    assert (
        "     look:      cone.py, cone; the check: lessons/01-shop/test_shop.py, line 7" in out.getvalue().splitlines()
    )


GREEN = CheckResult("test_menu")
FILE = CheckResult("scoop.py", Explanation("scoop.py to be Python", "invalid syntax", "scoop.py, line 3"))


@pytest.mark.parametrize(
    ("results", "checks", "run", "lines"),
    [
        ([GREEN], 1, 1, ["All 1 checks are green", "The reference, and its reasons: make solution LESSON=01"]),
        ([GREEN, red("scoop")], 2, 2, ["1 of 2 checks are red, in exercise 1", FIRST]),
        ([red("scoop"), red("cone")], 2, 2, ["2 of 2 checks are red, in exercises 1, 2", ALL, PLACE]),
        ([red("scoop"), red("cone", "no cone")], 2, 2, ["2 of 2 checks are red, in exercises 1, 2", FIRST]),
        ([red("menu"), GREEN], 2, 2, ["1 of 2 checks are red", BEFORE]),
        ([red("scoop"), red("scoop")], 2, 2, ["1 of 2 checks are red, in exercise 1", FIRST]),
        ([GREEN, red("scoop")], 45, 2, ["1 of 45 checks are red, 43 were not run, in exercise 1", *REST]),
        ([red("scoop"), red("cone")], 3, 2, ["2 of 3 checks are red, 1 was not run, in exercises 1, 2", *REST]),
        ([FILE], 0, 0, ["No check could be run", ALL, PLACE]),
        ([FILE], 7, 0, ["None of the 7 checks could be run", ALL, PLACE]),
        ([], 0, 0, ["No check could be run", BEFORE]),
    ],
)
def test_the_last_lines_say_what_all_of_it_comes_to_and_what_to_do(
    results: list[CheckResult], checks: int, run: int, lines: list[str]
) -> None:
    assert end(*results, checks=checks, run=run) == lines


def test_what_belongs_to_the_first_red_exercise_or_to_none_is_explained() -> None:
    out = io.StringIO()
    report = Report(LESSON, out)
    for result in (red("scoop", "no scoop"), red("cone", "no cone"), red("menu", "no menu")):
        report.show(result)
    assert [line.split("seen:")[1].strip() for line in out.getvalue().splitlines() if "seen:" in line] == [
        "no scoop",
        "no menu",
    ]


def test_a_terminal_shows_the_check_that_is_running_and_its_outcome_in_the_same_place() -> None:
    out = Terminal()
    report = Report(LESSON, out)
    report.show(Started("test_scoop[two]"))
    assert out.getvalue() == "\r\x1b[K … scoop: two"
    report.show(CheckResult("test_scoop[two]"))
    assert out.getvalue().partition("two")[2].startswith("\r\x1b[K")


def test_the_check_that_is_running_fits_into_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    out = Terminal()
    Report(LESSON, out).show(Started(f"test_{'long_' * 10}"))
    assert out.getvalue() == "\r\x1b[K … long long long l"


def test_in_a_pipe_each_check_is_one_line() -> None:
    out = io.StringIO()
    report = Report(LESSON, out)
    report.show(Started("test_scoop"))
    report.show(CheckResult("test_scoop"))
    assert out.getvalue() == " ✓ scoop\n"


def test_what_was_green_before_is_counted_and_what_is_red_now_is_named() -> None:
    out = io.StringIO()
    report = Report(LESSON, out, {"test_menu", "test_scoop", "test_cone"})
    results = (GREEN, red("scoop"), CheckResult("test_cone"), CheckResult("test_new"))
    for result in results:
        report.show(result)
    report.end(LessonResult(results, 4, 4, ended_well=True, seconds=1))
    lines = out.getvalue().splitlines()
    assert " ✓ 2 more, as before" in lines
    assert " ✓ new" in lines
    assert " ✗ scoop (exercise 1)" in lines
    assert " ✓ menu" not in lines


def test_silence_is_told_in_a_terminal_each_time_and_in_a_pipe_every_ten_seconds() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for seconds in (9, 10):
        Report(LESSON, terminal).show(Waiting("test_scoop", seconds))
        Report(LESSON, pipe).show(Waiting("", seconds))
    assert terminal.getvalue() == "\r\x1b[K … 9 s: scoop\r\x1b[K … 10 s: scoop"
    assert pipe.getvalue() == " … 10 s: the checks begin\n"
