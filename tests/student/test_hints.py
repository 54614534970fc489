"""Which hint comes next."""

import pytest

from workshop.course.errors import CourseError
from workshop.student.hints import next_hint
from workshop.student.progress import Progress

from ..made_up_course import Clone

RED = {"test_three_scoops_cost_six": True, "test_no_scoop_costs_nothing": False}
GREEN = dict.fromkeys(RED, True)


def test_hints_become_more_precise_and_the_last_one_stays(folder: Clone) -> None:
    lesson, known, given = folder.course.lesson("01"), Progress().checked(RED), []
    for _ in range(4):
        exercise, hint = next_hint(lesson, known)
        given.append(hint)
        known = known.hinted(exercise)
    assert given == [1, 2, 2, 2]


def test_without_a_check_there_is_no_hint(folder: Clone) -> None:
    with pytest.raises(CourseError, match=r"Run the checks first.*make test LESSON=01"):
        next_hint(folder.course.lesson("01"), Progress())


def test_for_what_is_green_there_is_no_hint(folder: Clone) -> None:
    with pytest.raises(CourseError, match=r"All was green.*make solution LESSON=01"):
        next_hint(folder.course.lesson("01"), Progress().checked(GREEN))


def test_a_check_that_did_not_run_counts_as_red(folder: Clone) -> None:
    ran = {"test_three_scoops_cost_six": True, "test_that_holds_from_the_start": False}
    assert next_hint(folder.course.lesson("01"), Progress().checked(ran)) == (1, 1)


def test_where_nothing_could_be_checked_no_hint_is_used_up(folder: Clone) -> None:
    with pytest.raises(CourseError, match="Nothing could be checked"):
        next_hint(folder.course.lesson("01"), Progress().checked({"test_price.py": False}))


def test_where_only_what_held_from_the_start_is_red_the_hint_is_for_the_last_exercise(folder: Clone) -> None:
    lesson = folder.course.lesson("01")
    ran = {**dict.fromkeys(lesson.checks, True), "test_that_holds_from_the_start": False}
    assert next_hint(lesson, Progress().checked(ran)) == (len(lesson.exercises), 1)
