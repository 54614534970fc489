"""The commands on the pages that belong to no lesson; those of lessons are run by their gates."""

import pytest

from workshop.authoring.rehearsal import rehearse
from workshop.course import definition, stages
from workshop.course.console_commands import commands
from workshop.workspace.cluster import CHECKOUT

COURSE = definition.read(CHECKOUT)
PAGES = [
    path
    for file in [CHECKOUT / "README.md", *sorted(CHECKOUT.glob("docs/**/*.md"))]
    if stages.claims(COURSE, path := file.relative_to(CHECKOUT).as_posix()) == [stages.BASE]
    and any(commands(file.read_text()))
]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", PAGES)
def test_the_commands_of_a_page_print_what_it_shows(path: str) -> None:
    assert rehearse(CHECKOUT, path).problems == ()


def test_the_pages_that_a_newcomer_begins_with_are_among_them() -> None:
    assert {"README.md", "docs/index.md"} <= set(PAGES)
