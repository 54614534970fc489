"""What becomes of checks, as lines between two processes, and as a whole."""

import pytest

from workshop.grading.result import CheckResult, Collected, Event, Finished, LessonResult, Started, from_line, to_line
from workshop.testing.failures import Explanation

FAILURE = Explanation(expected="six\nscoops", seen="“eins”", look="shop/price.py", own=False)


@pytest.mark.parametrize(
    "event",
    [
        Collected(3),
        Started("test_a[1]"),
        CheckResult("test_a[1]"),
        CheckResult("test_a[1]", FAILURE, "printed\n"),
        Finished(),
    ],
    ids=lambda event: type(event).__name__,
)
def test_an_event_is_a_line_from_which_it_comes_back(event: Event) -> None:
    line = to_line(event)
    assert line.count("\n") == 1
    assert line.endswith("\n")
    assert from_line(line.encode()) == event


def result(*results: CheckResult, checks: int = 3, run: int = 3, ended_well: bool = True) -> LessonResult:
    return LessonResult(results, checks, run, ended_well, seconds=0)


def test_a_check_with_parameters_passes_with_all_of_them() -> None:
    passed = result(CheckResult("test_a[1]"), CheckResult("test_a[2]", FAILURE), CheckResult("test_a[3]"))
    assert passed.outcomes == {"test_a": False}


def test_green_is_what_was_run_whole_and_passed() -> None:
    green, red = CheckResult("test_a"), CheckResult("test_b", FAILURE)
    assert result(green).green
    assert not result(green, red).green
    assert not result(green, run=2).green
    assert not result(green, ended_well=False).green
    assert not result(checks=0, run=0).green
