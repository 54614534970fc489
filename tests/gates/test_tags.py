"""Tags made twice are the same."""

from workshop.course import tags
from workshop.course.git import snapshot

from .conftest import Main


def test_tags_made_twice_are_the_same(main: Main) -> None:
    with snapshot(main.root) as (git, tree):
        assert tags.commits(git, main.course, tree) == tags.commits(main.git, main.course, main.tree)
