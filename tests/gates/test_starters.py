"""Every starter fails the checks of its exercises, for what isn't written yet, and no others."""

import re

import pytest

from workshop.authoring.gates import outdated_starter, unexpected_outcomes
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


def test_a_starter_is_what_main_has_but_for_what_the_student_writes(main: Main, lesson: Lesson) -> None:
    for file in {exercise.file for exercise in lesson.exercises if exercise.file.endswith(".py")}:
        places = {word for each in lesson.exercises if each.file == file for word in re.findall(r"\w+", each.place)}
        starter = main.text(f"{lesson.folder}/starter/{file}")
        assert_none(f"{file}: {problem}" for problem in outdated_starter(starter, main.text(file), places))
