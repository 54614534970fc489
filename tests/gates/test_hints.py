"""Every exercise has hints."""

from workshop.authoring.gates import missing_hints
from workshop.course.lesson import Lesson

from .conftest import assert_none


def test_every_exercise_has_hints(lesson: Lesson) -> None:
    assert_none(missing_hints(lesson))
