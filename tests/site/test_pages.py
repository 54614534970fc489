"""What becomes of pages on their way from the tree to the site."""

import textwrap
from pathlib import Path

import pytest

from workshop.site import notebook_pages, snippets
from workshop.site.console_blocks import mark_commands
from workshop.site.errors import SiteError
from workshop.site.inline_svg import inline_drawings
from workshop.site.links import rewrite_links
from workshop.site.navigation import expand_patterns
from workshop.site.page import Page

PLACES = {
    "docs/index.md": "index.md",
    "docs/glossary.md": "glossary.md",
    "lessons/01-crd/lesson.md": "lessons/01-crd.md",
    "lessons/01-crd/loop.svg": "lessons/01-crd/loop.svg",
    "notebooks/01-crd.ipynb": "notebooks/01-crd.md",
}


def lesson(text: str) -> Page:
    return Page("lessons/01-crd/lesson.md", "lessons/01-crd.md", text)


def links(page: Page, *, is_stage: bool = False) -> str:
    return rewrite_links(page, PLACES, is_stage=is_stage).text


def test_a_link_that_holds_in_the_tree_holds_on_the_site() -> None:
    assert links(lesson("[words](../../docs/glossary.md#key)")) == "[words](../glossary.md#key)"
    assert links(lesson("[play](../../notebooks/01-crd.ipynb)")) == "[play](../notebooks/01-crd.md)"
    assert links(lesson("![a loop](loop.svg)")) == "![a loop](01-crd/loop.svg)"
    home = Page("docs/index.md", "index.md", "[one](../lessons/01-crd/lesson.md)")
    assert links(home) == "[one](lessons/01-crd.md)"


def test_a_link_as_the_site_has_it_is_left_alone() -> None:
    assert links(lesson("[one](01-crd.md)")) == "[one](01-crd.md)"
    for elsewhere in ("[a](https://kubernetes.io/)", "[b](#the-story)", "[c](mailto:a@example.test)"):
        assert links(lesson(elsewhere)) == elsewhere


def test_code_is_no_link() -> None:
    for fence in ("```", "~~~"):
        block = f"{fence}console\n$ echo [words](../../docs/glossary.md)\n{fence}\n"
        assert links(lesson(block)) == block
    assert links(lesson("`[words](../../docs/glossary.md)`")) == "`[words](../../docs/glossary.md)`"


def test_in_a_stage_a_link_to_a_later_lesson_becomes_its_words() -> None:
    text = "[Lesson 02](../02-reconciler/lesson.md) and [its notebook](../../notebooks/02-reconciler.ipynb)."
    assert links(lesson(text), is_stage=True) == "Lesson 02 and its notebook."
    assert "](" in links(lesson(text))


def test_in_a_stage_a_link_to_a_page_that_there_never_was_is_still_broken() -> None:
    assert "](" in links(lesson("[words](../../docs/glosary.md)"), is_stage=True)


def test_a_snippet_names_its_file_and_is_cut_from_it() -> None:
    good = '```python title="reconciling/backoff.py"\n--8<-- "reconciling/backoff.py:delay"\n```\n'
    assert list(snippets.problems(lesson(good))) == []
    other = good.replace('title="reconciling', 'title="workshop')
    own = 'Text.\n\n```python title="a.py"\nprint()\n```\n'
    assert list(snippets.problems(lesson(other))) == [
        'lessons/01-crd/lesson.md, line 1: the snippet doesn\'t name its file: ```python title="reconciling/backoff.py"'
    ]
    for page in (own, "1. Do:\n\n" + textwrap.indent(own.removeprefix("Text.\n\n"), "    ")):
        [problem] = snippets.problems(lesson(page))
        assert problem.startswith("lessons/01-crd/lesson.md, line 3: this code isn't cut from a file")


def test_a_block_that_shows_how_a_snippet_is_written_is_no_snippet() -> None:
    assert list(snippets.problems(lesson("````text\n```python\nprint()\n```\n````\n"))) == []


@pytest.mark.parametrize("language", ["console", "sh", "text", ""])
def test_what_people_type_and_see_is_no_snippet(language: str) -> None:
    assert list(snippets.problems(lesson(f"```{language}\n$ kubectl get crd\n```\n"))) == []


def test_a_console_block_has_marks_on_commands_and_on_what_they_print() -> None:
    text = "Do it:\n\n```console\n$ cat <<EOF\n> <b>\n> EOF\n> no command\n```\n\nDone.\n"
    prompt = '<span class="gp">{}</span>'
    assert mark_commands(lesson(text.replace("> no", "`<b>`\n> no"))).text == (
        'Do it:\n\n<div class="language-console highlight"><pre><code>'
        + prompt.format("$ ")
        + "cat &lt;&lt;EOF\n"
        + prompt.format("&gt; ")
        + "&lt;b&gt;\n"
        + prompt.format("&gt; ")
        + "EOF\n"
        + '<span class="go">&#96;&lt;b&gt;&#96;\n</span><span class="go">&gt; no command\n</span>'
        "</code></pre></div>\n\nDone.\n"
    )


def test_a_console_block_in_a_list_stays_in_it() -> None:
    page = lesson("- ```console\n  $ true\n  ```\n\n1. Do:\n\n    ```console\n    $ true\n    ```\n")
    assert mark_commands(page) == page


def test_the_navigation_has_the_pages_that_there_are() -> None:
    pages = {page.site: page for page in (lesson("# A new kind\n"), Page("docs/index.md", "index.md", "# Home\n"))}
    nav = [{"Home": "index.md"}, {"Lessons": ["lessons/*.md"]}, {"ACME": ["acme/*.md"]}]
    assert expand_patterns(nav, pages) == [{"Home": "index.md"}, {"Lessons": [{"01 A new kind": "lessons/01-crd.md"}]}]


def test_a_drawing_is_put_into_the_page_and_must_be_readable_aloud(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    page = Page("docs/index.md", "index.md", "Before.\n\n![a loop](loop.svg)\n\nAfter.\n")
    with pytest.raises(SiteError, match=r"docs/index\.md shows loop\.svg, and there is no such file"):
        inline_drawings(page, tmp_path)
    (tmp_path / "docs/loop.svg").write_text('<svg role="img"><title>Loop</title></svg>')
    with pytest.raises(SiteError, match="a drawing needs <desc"):
        inline_drawings(page, tmp_path)
    (tmp_path / "docs/loop.svg").write_text('<svg role="img"><title>Loop</title><desc>Round.</desc></svg>')
    assert "<figure>\n<svg" in inline_drawings(page, tmp_path).text


def test_a_notebook_becomes_a_page_whose_images_are_described(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat", reason="what makes the site isn't installed: make .venv/site")
    pytest.importorskip("nbconvert")
    new = nbformat.v4
    image = new.new_output("display_data", data={"image/png": "aGVsbG8="})
    notebook = new.new_notebook(
        cells=[
            new.new_markdown_cell("# A loop, watched"),
            new.new_code_cell("# how often each key was reconciled\nplot()", outputs=[image]),
        ]
    )
    (tmp_path / "notebooks").mkdir()
    nbformat.write(notebook, tmp_path / "notebooks/02-loop.ipynb")
    page, images = notebook_pages.page(tmp_path, tmp_path / "notebooks/02-loop.ipynb", run=False)
    [(file, data)] = images.items()
    assert (page.site, page.label, data) == ("notebooks/02-loop.md", "02 A loop, watched", b"hello")
    assert f"![how often each key was reconciled]({file.removeprefix('notebooks/')})" in page.text
    assert "This is the notebook `notebooks/02-loop.ipynb`, without its outputs." in page.text
