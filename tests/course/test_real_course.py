"""The gates on the course that lies here."""

import pytest

from workshop.cluster import CHECKOUT
from workshop.course import gates
from workshop.course import lesson as definitions

LESSONS = definitions.read(CHECKOUT).lessons


def test_the_course_as_a_whole_passes_its_gates() -> None:
    assert [str(problem) for problem in gates.judge_course(CHECKOUT)] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_passes_its_gates(lesson: definitions.Lesson) -> None:
    judged = gates.judge(CHECKOUT, lesson)
    assert [str(problem) for problem in judged.problems] == []
    assert judged.caught >= 6
