"""Every notebook is stored without outputs, and runs from its first cell to its last in the stage of its lesson."""

import pytest

from workshop import notebooks
from workshop.course.lesson import Lesson

from .conftest import Main, assert_none

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_a_notebook_runs_in_its_stage(main: Main, lesson: Lesson, notebook: str) -> None:
    with main.stage(lesson) as folder:
        problems = list(notebooks.problems(folder / notebook))
        try:
            notebooks.run(folder / notebook)
        except notebooks.NotebookError as error:
            problems.append(str(error))
    assert_none(problems)
