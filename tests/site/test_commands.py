"""The commands on the pages of docs/ print what the pages show. A lesson's own pages are tried by its gates."""

import pytest

from workshop.cluster import CHECKOUT
from workshop.course import lesson as definitions
from workshop.course import page, trees
from workshop.course.rehearsal import rehearse

COURSE = definitions.read(CHECKOUT)
PAGES = [
    path
    for path in (found.relative_to(CHECKOUT).as_posix() for found in sorted(CHECKOUT.glob("docs/**/*.md")))
    if trees.claims(COURSE, path) == [trees.BASE] and any(page.commands((CHECKOUT / path).read_text()))
]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_can_be_followed(path: str) -> None:
    assert rehearse(CHECKOUT, path).problems == ()
