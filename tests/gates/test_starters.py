"""Every starter fails the checks of its exercises, for what isn't written yet, and no others."""

import pytest

from workshop.authoring.gates import unexpected_outcomes
from workshop.course.lesson import Lesson
from workshop.grading.runner import Runner

from .conftest import Main, assert_none

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_a_starter_fails_the_checks_of_its_exercises_and_no_others(main: Main, runner: Runner, lesson: Lesson) -> None:
    with main.start(lesson) as folder:
        result = runner.check(folder, lesson)
    not_run = set[str]() if result.run == result.checks else lesson.checks - result.outcomes.keys()
    assert_none(unexpected_outcomes(result, lesson.checks - not_run))
