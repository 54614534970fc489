"""The fenced blocks and headings of a page, by the rules of CommonMark."""

import textwrap

import pytest

from workshop.course.markdown import FencedBlock, fenced_blocks, headings, text_and_blocks


def test_a_block_has_language_title_content_and_lines() -> None:
    page = 'Text.\n\n```python title="reconciling/backoff.py"\none\n\ntwo\n```\n\nMore.\n'
    assert list(fenced_blocks(page)) == [FencedBlock("python", "reconciling/backoff.py", "one\n\ntwo\n", 3, 7)]


def test_a_block_needs_neither_language_nor_content() -> None:
    assert list(fenced_blocks("```\n```\n")) == [FencedBlock("", "", "", 1, 2)]


def test_a_longer_fence_shows_a_shorter_one_as_its_content() -> None:
    page = "````text\n```console\n$ true\n```\n````\n"
    assert list(fenced_blocks(page)) == [FencedBlock("text", "", "```console\n$ true\n```\n", 1, 5)]


def test_tildes_are_a_fence_that_backticks_do_not_close() -> None:
    assert list(fenced_blocks("~~~sh\n```\n~~~\n")) == [FencedBlock("sh", "", "```\n", 1, 3)]


@pytest.mark.parametrize(
    ("item", "depth"),
    [
        ("1. Do:", 4),
        ("- Do:", 4),
        ("- Do:", 2),
        ("Term\n:   Its meaning:", 4),
        ("- Do:\n\n    - And:\n\n        - So:", 12),
    ],
)
def test_a_block_in_a_list_is_without_its_indentation(item: str, depth: int) -> None:
    block = textwrap.indent("```sh\nif true\n  fi\n```\n", depth * " ")
    first = item.count("\n") + 3
    assert list(fenced_blocks(f"{item}\n\n{block}\nMore.\n")) == [
        FencedBlock("sh", "", "if true\n  fi\n", first, first + 3)
    ]


def test_headings_of_a_level_have_text_and_line_and_those_in_blocks_are_none() -> None:
    page = "# A `scoop`\n\n```sh\n# no heading\n```\n\n## Exercises ##\n"
    assert list(headings(page, level=1)) == [("A `scoop`", 1)]
    assert list(headings(page, level=2)) == [("Exercises", 7)]


@pytest.mark.parametrize("page", ["", "Text", "```sh\n```", "Text.\n```sh\n\x0c\u2028\n```\nText.\n~~~\n~~~\n\n"])
def test_the_parts_make_up_the_page(page: str) -> None:
    assert "".join(text for text, _ in text_and_blocks(page)) == page


def test_the_parts_are_text_and_blocks_in_turn() -> None:
    page = "A form feed \x0c is no line's end.\n```sh\nls\n```\nDone.\n"
    parts = [(text, block is not None) for text, block in text_and_blocks(page)]
    assert parts == [("A form feed \x0c is no line's end.\n", False), ("```sh\nls\n```\n", True), ("Done.\n", False)]
