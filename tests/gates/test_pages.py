"""Every command on every page runs, in a fresh clone, and prints what the page shows; the code on it is a file's."""

import pytest

from workshop.authoring.gates import missing_outcome_of_starter
from workshop.authoring.rehearsal import rehearse
from workshop.course.lesson import Lesson
from workshop.site import snippets
from workshop.site.page import Page

from .conftest import Main, assert_none

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
def test_the_commands_of_a_page_print_what_it_shows(main: Main, page_with_commands: str) -> None:
    assert_none(rehearse(main.root, page_with_commands))


def test_the_code_on_a_page_is_what_its_file_says(main: Main, page: str) -> None:
    assert_none(snippets.problems(main.root, Page(page, page, main.text(page))))


def test_the_page_of_a_lesson_shows_what_its_starter_fails(main: Main, lesson: Lesson) -> None:
    assert_none(missing_outcome_of_starter(lesson, main.text(f"{lesson.folder}/lesson.md")))
