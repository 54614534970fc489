"""The build: strict on links, anchors and snippets, and possible in the stage of every lesson."""

from pathlib import Path

import pytest

from workshop.cli.main import workshop
from workshop.course.git import snapshot
from workshop.course.tags import course_at, stage_tree
from workshop.site.builder import build
from workshop.site.errors import SiteError
from workshop.workspace.cluster import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("site")]  # which says so where no site can be made


def test_every_page_of_the_tree_is_on_the_site(site: Path) -> None:
    written = [path.relative_to(CHECKOUT / "docs").with_suffix(".html") for path in (CHECKOUT / "docs").rglob("*.md")]
    lessons = [Path(f"lessons/{path.parent.name}.html") for path in CHECKOUT.glob("lessons/*/lesson.md")]
    notebooks = [Path(f"notebooks/{path.stem}.html") for path in CHECKOUT.glob("notebooks/*.ipynb")]
    assert [page for page in (*written, *lessons, *notebooks) if not (site / page).is_file()] == []


def test_a_snippet_is_shown_with_the_name_of_its_file(site: Path) -> None:
    page = (site / "authors.html").read_text()
    assert '<span class="filename">deploy/samples/toomuch.yaml</span>' in page
    assert "coconutflakes" in page


def test_the_reference_has_every_command_and_target(site: Path) -> None:
    page = (site / "reference/commands.html").read_text()
    for name in ("make docs", "Usage: workshop run pebble", "Usage: workshop docs"):
        assert name in page


def test_broken_links_and_anchors_are_named(tree: Path) -> None:
    with (tree / "docs/glossary.md").open("a") as page:
        page.write("\n[a](nowhere.md) [b](index.md#no-such-part) [c](../lessons/99-none/lesson.md)\n")
    with pytest.raises(SiteError) as caught:
        build(tree, tree / "site", workshop, run_notebooks=False)
    for named in ("'glossary.md'", "nowhere.md", "#no-such-part", "99-none"):
        assert named in str(caught.value)


def test_a_snippet_that_is_not_what_its_file_says_is_named(tree: Path) -> None:
    with (tree / "deploy/samples/toomuch.yaml").open("a") as sample:
        sample.write("    - nuts\n")
    with pytest.raises(SiteError, match=r"docs/authors\.md, line \d+: (?s:.*)\n\+    - nuts"):
        build(tree, tree / "site", workshop, run_notebooks=False)


def test_a_docstring_and_a_page_that_break_a_rule_are_both_named(tree: Path) -> None:
    with (tree / "docs/glossary.md").open("a") as page:
        page.write("\n```python\nprint()\n```\n")
    (tree / "reconciling/scoop.py").write_text('"""Scoops."""\n\n\ndef melt() -> None: ...\n')
    with pytest.raises(SiteError) as caught:
        build(tree, tree / "site", workshop, run_notebooks=False)
    assert "docs/glossary.md, line " in str(caught.value)
    assert "reconciling/scoop.py, line 4: melt has no docstring" in str(caught.value)


def test_the_first_lesson_alone_has_a_site(tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    with snapshot(CHECKOUT) as (git, main):
        course = course_at(git, main)
        git.check_out(stage_tree(git, course, main, course.lessons[0]), stage)
    build(stage, stage / "site", workshop, run_notebooks=False)
    assert [path.name for path in (stage / "site/lessons").iterdir()] == ["01-crd.html"]
