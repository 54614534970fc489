"""The site as people meet it: offline, by day and by night, on a phone, by keyboard, by screen reader.

The fixture `reader` adds to each test that no other host was asked, and that no script broke.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import Reader

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from playwright.sync_api import Page

# One of each kind: prose with a drawing, commands and their output, signatures, a list of terms, wide tables.
PAGES = [
    "index.html",
    "lessons/01-crd.html",
    "reference/icecream_operator.html",
    "glossary.html",
    "how-people-write-operators.html",
]

# What axe finds in the theme itself, which we neither override nor patch: the rule, and where.
MATERIALS_OWN = {
    ("aria-dialog-name", ".md-search"),  # squidfunk/mkdocs-material#6433: the search's markup
    ("landmark-unique", ".md-code__nav"),  # the copy button's; no issue found upstream
}


def violations(page: "Page") -> list[str]:
    """What axe finds that isn't the theme's own."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    rules = axe.run(page).response["violations"]
    nodes = [(rule["id"], node["target"][-1], node["html"]) for rule in rules for node in rule["nodes"]]
    return [
        f"{rule}: {html}"
        for rule, target, html in nodes
        if not any(rule == theirs and target.endswith(place) for theirs, place in MATERIALS_OWN)
    ]


def scrolls(page: "Page", characters: int) -> bool:
    """Whether a block of code with a line of so many characters has to be scrolled."""
    block = page.locator("pre > code").first
    block.evaluate("(it, characters) => it.textContent = 'x'.repeat(characters)", characters)
    return bool(block.evaluate("it => it.scrollWidth > it.clientWidth"))


def scheme(page: "Page") -> str | None:
    """Whether it is light (default) or dark (slate)."""
    return page.locator("body").get_attribute("data-md-color-scheme")


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(reader: Reader, name: str) -> None:
    page = reader.opens(name)
    assert scheme(page) == "default"
    assert violations(page) == []


@pytest.mark.parametrize("name", [*PAGES[1:3], "reference/reconciling.html"])  # the last one has numbers
def test_axe_finds_nothing_in_the_dark(reader: Reader, name: str) -> None:
    page = reader.opens(name, dark=True)
    assert scheme(page) == "slate"
    assert violations(page) == []


def test_axe_finds_nothing_in_a_notebook(reader: Reader, site: Path) -> None:
    notebook = min(site.glob("notebooks/*.html"))
    assert violations(reader.opens(f"notebooks/{notebook.name}")) == []


def test_axe_finds_what_is_wrong(reader: Reader) -> None:
    page = reader.opens("index.html")
    page.evaluate(
        "document.querySelector('article').insertAdjacentHTML('beforeend', '<img src=\"assets/icecream.svg\">')"
    )
    assert any(violation.startswith("image-alt") for violation in violations(page))


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_a_page_without_scrolling_sideways(reader: Reader, name: str) -> None:
    page = reader.opens(name, phone=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_axe_finds_nothing_on_a_phone(reader: Reader) -> None:
    assert violations(reader.opens("how-people-write-operators.html", phone=True)) == []


@pytest.mark.parametrize("name", PAGES[1:3])
def test_the_column_holds_100_characters_of_code_beside_navigation_and_contents(reader: Reader, name: str) -> None:
    page = reader.opens(name)
    for sidebar in ("Navigation", "Table of contents"):
        assert page.get_by_role("navigation", name=sidebar).is_visible()
    assert not scrolls(page, 100)
    assert scrolls(page, 120)


def test_the_search_finds_a_word_of_a_lesson(reader: Reader) -> None:
    page = reader.opens("index.html")
    page.keyboard.press("/")
    page.keyboard.type("pruned")
    result = page.locator(".md-search-result__link", has_text="pruned").first
    result.wait_for()
    assert "lessons/01-crd.html" in (result.get_attribute("href") or "")


def test_the_keyboard_skips_to_the_content(reader: Reader) -> None:
    page = reader.opens("lessons/01-crd.html")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to content"
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons/01-crd.html#a-new-kind-of-object")


def test_the_keyboard_reaches_all_of_a_wide_block(reader: Reader) -> None:
    page = reader.opens("lessons/01-crd.html", phone=True)
    block = page.locator("pre > code", has_text="APIVERSION").first
    assert block.evaluate("it => it.scrollWidth > it.clientWidth")
    assert block.evaluate("it => it.closest('[tabindex]').tabIndex") == 0


def test_the_copy_button_takes_commands_without_prompts_and_output(reader: Reader) -> None:
    page = reader.opens("lessons/01-crd.html")
    page.locator(".highlight", has_text="> EOF").first.locator("button").click()
    page.locator(".md-dialog--active").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert (copied[0], copied[3]) == ("kubectl create -f - <<EOF", "EOF")
    assert [line for line in copied[4:] if not line.startswith("kubectl ")] == []


def test_the_drawing_can_be_read_aloud(reader: Reader) -> None:
    drawing = reader.opens("index.html").get_by_role("img", name="How an operator works")
    assert drawing.count() == 1


def test_the_colours_follow_the_switch(reader: Reader) -> None:
    page = reader.opens("index.html")
    page.get_by_title("Switch to dark").click()
    assert scheme(page) == "slate"
