"""What becomes of pages on their way from the tree to the site."""

import textwrap
from pathlib import Path

import pytest

from workshop.site import notebook_pages, snippets
from workshop.site.console_blocks import mark_commands
from workshop.site.definition_anchors import anchor_terms
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


SCOOP = '''"""Scoops."""


class Scoop:
    def melt(self) -> None:
        wait()
        drip()

    def freeze(self) -> None: ...
'''
MELT = "def melt(self) -> None:\n    wait()\n    drip()\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A tree with a file that a page may show."""
    (tmp_path / "scoop.py").write_text(SCOOP)
    return tmp_path


def snippet(code: str, file: str = "scoop.py") -> str:
    return f'```python title="{file}"\n{code}```\n'


def in_a_list(text: str) -> str:
    return "1. Do:\n\n" + textwrap.indent(text, "    ")


@pytest.mark.parametrize("code", [SCOOP, MELT])
def test_a_snippet_is_what_its_file_says_or_lines_of_it(shop: Path, code: str) -> None:
    assert list(snippets.problems(shop, lesson(snippet(code)))) == []
    assert list(snippets.problems(shop, lesson(in_a_list(snippet(code))))) == []


def test_where_a_snippet_says_something_else_the_difference_is_shown(shop: Path) -> None:
    [problem] = snippets.problems(shop, lesson("Text.\n\n" + snippet(MELT.replace("wait()", "hurry()"))))
    assert problem.splitlines() == [
        "lessons/01-crd/lesson.md, line 3: this isn't what scoop.py says; "
        "workshop docs --update-snippets puts it right",
        "--- the page",
        "+++ scoop.py",
        "@@ -1,3 +1,3 @@",
        " def melt(self) -> None:",
        "-    hurry()",
        "+    wait()",
        "     drip()",
    ]


def test_a_whole_file_goes_to_its_end(shop: Path) -> None:
    [problem] = snippets.problems(shop, lesson(snippet(SCOOP.removesuffix("    def freeze(self) -> None: ...\n"))))
    assert problem.endswith("\n+    def freeze(self) -> None: ...")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```python\nprint()\n```\n", 'this code names no file: ```python title="FILE"'),
        (snippet(SCOOP, "none.py"), "there is no file none.py"),
        (snippet(SCOOP, "../scoop.py"), "there is no file ../scoop.py"),
        (snippet("print()\n"), "no part of scoop.py begins with this line: print()"),
        (snippet("class Scoop:\n    pass\n"), "no part of scoop.py ends with this line: pass"),
    ],
)
def test_a_snippet_of_no_file_or_of_no_part_of_it_is_named(shop: Path, text: str, problem: str) -> None:
    (shop.parent / "scoop.py").write_text(SCOOP)
    [seen] = snippets.problems(shop, lesson(in_a_list(text)))
    assert seen.startswith(f"lessons/01-crd/lesson.md, line 3: {problem}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", SCOOP),
        ('"""Scoops."""\n\n\nclass Scoop: ...\n', SCOOP),
        ("def melt(self) -> None:\n    drip()\n", MELT),
        (MELT, MELT),
        ("        wait()\n        drip()\n", "wait()\ndrip()\n"),
    ],
)
def test_snippets_are_brought_up_to_date(shop: Path, before: str, after: str) -> None:
    page = shop / "docs/scoops.md"
    page.parent.mkdir()
    page.write_text(f"Text.\n\n{snippet(before)}\n{in_a_list(snippet(before))}\nText.\n")
    assert list(snippets.update(shop)) == (["docs/scoops.md"] if before != after else [])
    assert page.read_text() == f"Text.\n\n{snippet(after)}\n{in_a_list(snippet(after))}\nText.\n"


def test_what_cannot_be_brought_up_to_date_is_named(shop: Path) -> None:
    (shop / "docs").mkdir()
    (shop / "docs/scoops.md").write_text(snippet(MELT, "none.py"))
    with pytest.raises(SiteError, match=r"^docs/scoops\.md, line 1: there is no file none\.py"):
        list(snippets.update(shop))


def test_a_block_that_shows_how_a_snippet_is_written_is_no_snippet(shop: Path) -> None:
    assert list(snippets.problems(shop, lesson("````text\n```python\nprint()\n```\n````\n"))) == []


@pytest.mark.parametrize("language", ["console", "sh", "text", ""])
def test_what_people_type_and_see_is_no_snippet(shop: Path, language: str) -> None:
    assert list(snippets.problems(shop, lesson(f"```{language}\n$ kubectl get crd\n```\n"))) == []


def test_a_term_of_a_definition_list_can_be_linked_to() -> None:
    text = "Words.\n\nServer-side apply\n:   Merges.\n    And more.\n\n```text\nNo term\n:   This.\n```\n"
    assert anchor_terms(lesson(text)).text == text.replace("apply\n", "apply { #server-side-apply }\n")


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
