"""Every mutant is caught, and every check catches something."""

import pytest

from workshop.authoring import mutants
from workshop.authoring.gates import checks_in, unexpected_outcomes, vacuous_checks
from workshop.course.lesson import Lesson
from workshop.grading.runner import Runner

from .conftest import Main, assert_none

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_a_mutant_fails_the_checks_that_it_names_and_no_others(
    main: Main, runner: Runner, lesson: Lesson, mutant: str
) -> None:
    parsed = mutants.parse(main.text(mutant))
    with main.stage(lesson) as folder:
        main.git.at(folder).run("apply", "-", stdin=parsed.patch)
        result = runner.check(folder, lesson)
    assert_none(unexpected_outcomes(result, parsed.caught_by))


@pytest.mark.timeout(300)
def test_every_check_fails_for_the_starter_or_a_mutant(main: Main, runner: Runner, lesson: Lesson) -> None:
    modules = [path for path in main.tree if path.startswith(f"{lesson.folder}/test_")]
    checks = set[str]().union(*(checks_in(main.text(path)) for path in modules))
    caught_by = set[str]().union(*(mutants.parse(main.text(path)).caught_by for path in main.mutants(lesson)))
    with main.start(lesson) as folder:
        starter = {each.name for each in runner.check(folder, lesson).red}
    assert_none(vacuous_checks(checks, starter | caught_by))
