"""Which hint comes next."""

import pytest

from workshop.course.errors import CourseError
from workshop.course.lesson import Exercise, Lesson
from workshop.student.hints import next_hint
from workshop.student.progress import Progress

EXERCISES = tuple(
    Exercise(name, f"{name}.py", name, checks=(f"test_{name}",), hints=("Think.", "So."), why="Because.")
    for name in ("scoop", "cone")
)
LESSON = Lesson(name="01-shop", title="The shop", minutes=1, adds=(), exercises=EXERCISES)


def checked(**outcomes: bool) -> Progress:
    return Progress().checked({f"test_{check}": passed for check, passed in outcomes.items()})


def test_hints_become_more_precise_and_the_last_one_stays() -> None:
    progress, hints = checked(menu=True, scoop=False, cone=False), []
    for _ in range(4):
        exercise, hint = next_hint(LESSON, progress)
        hints.append((exercise, hint))
        progress = progress.hinted(exercise)
    assert hints == [(1, 1), (1, 2), (1, 2), (1, 2)]


def test_the_first_exercise_that_is_red_has_the_hint() -> None:
    assert next_hint(LESSON, checked(menu=True, scoop=True, cone=False).hinted(1)) == (2, 1)


def test_a_check_that_did_not_run_counts_as_red() -> None:
    assert next_hint(LESSON, checked(menu=False, cone=True)) == (1, 1)


def test_where_only_what_held_from_the_start_is_red_the_hint_is_for_the_last_exercise() -> None:
    assert next_hint(LESSON, checked(menu=False, scoop=True, cone=True)) == (2, 1)


@pytest.mark.parametrize(
    ("progress", "message"),
    [
        (Progress(), r"Run the checks first.*make test LESSON=01"),
        (checked(menu=True, scoop=True, cone=True), r"All was green.*make solution LESSON=01"),
        (Progress().checked({"scoop.py": False}), r"Nothing could be checked.*make test LESSON=01"),
    ],
    ids=["nothing was checked", "all is green", "a file can't be imported"],
)
def test_where_there_is_no_hint_it_says_what_to_do(progress: Progress, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        next_hint(LESSON, progress)
