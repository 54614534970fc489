"""What a student reads at the end of the checks."""

import pytest

from workshop.course.lesson import Exercise, Lesson
from workshop.grading.result import CheckResult, LessonResult
from workshop.student.report import Report

EXERCISES = tuple(
    Exercise(name, f"{name}.py", name, checks=(f"test_{name}",), hints=("Think.", "So."), why="Because.")
    for name in ("scoop", "cone")
)
LESSON = Lesson(name="01-shop", title="The shop", minutes=1, adds=(), exercises=EXERCISES)
ALL = "All for one reason, which stands above: nothing else can be checked until it is gone."
FIRST = "Begin with exercise 1. A hint: make hint LESSON=01"


def test_where_only_a_line_of_the_check_is_known_the_code_that_it_checks_is_named_too() -> None:
    told: list[str] = []
    Report(LESSON, told.append).hear(
        CheckResult("test_cone", False, "", "nothing", "lessons/01-shop/test_shop.py, line 7")
    )
    assert "     look:      cone.py, cone; the check: lessons/01-shop/test_shop.py, line 7" in told


@pytest.mark.parametrize(("seen", "last"), [("no API", ALL), ("no cone", FIRST)], ids=["one reason", "two reasons"])
def test_all_red_for_one_reason_is_told_from_all_red(seen: str, last: str) -> None:
    findings = tuple(
        CheckResult(f"test_{name}", False, "an answer", why, "") for name, why in (("scoop", "no API"), ("cone", seen))
    )
    told: list[str] = []
    report = Report(LESSON, told.append)
    for finding in findings:
        report.hear(finding)
    report.end(LessonResult(findings, ended_well=True, seconds=1))
    assert told[-1] == last
