"""The gates on the course that lies here."""

import pytest

from workshop.authoring import gates
from workshop.course import definition
from workshop.course.lesson import Lesson
from workshop.workspace.cluster import CHECKOUT

LESSONS = definition.read(CHECKOUT).lessons


def test_the_course_as_a_whole_passes_its_gates() -> None:
    assert [str(problem) for problem in gates.judge_course(CHECKOUT)] == []


@pytest.mark.timeout(600)
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_passes_its_gates(lesson: Lesson) -> None:
    judged = gates.judge(CHECKOUT, lesson)
    assert [str(problem) for problem in judged.problems] == []
    assert judged.caught >= 6
