"""The reference of the packages, and the one form of docstrings that it holds."""

import textwrap
from pathlib import Path

import pytest

from workshop.site import api_reference

SCOOP = '''\
"""About scoops."""

raise SystemExit("imported")

class Scoop:
    """A scoop of <any> flavour."""

    flavour: str
    _cold: bool

    def melt(self) -> None:
        """Melt.

        Raises:
            TooLate: it is gone.
        """

def _hidden() -> None:
    """Private."""
'''


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A tree whose packages are empty but for `reconciling.scoop`."""
    for package in api_reference.PACKAGES:
        folder = tmp_path / package.replace(".", "/")
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text('"""Why it exists."""\n')
    (tmp_path / "reconciling/scoop.py").write_text(SCOOP)
    return tmp_path


def test_the_reference_describes_what_is_public_and_imports_nothing(packages: Path) -> None:
    page = next(iter(api_reference.pages(packages)))
    assert page.site == "reference/reconciling.md"
    for part in (
        "## scoop {#reconciling.scoop}",
        "### Scoop {#reconciling.scoop.Scoop}",
        "class Scoop:\n    flavour: str\n```",
        "A scoop of &lt;any> flavour.",
        "```python\ndef melt(self) -> None:\n```",
        "- `TooLate`: it is gone.",
    ):
        assert part in page.text
    assert "hidden" not in page.text
    assert "cold" not in page.text


def test_docstrings_in_the_one_form_have_no_problems(packages: Path) -> None:
    assert list(api_reference.problems(packages)) == []


@pytest.mark.parametrize(
    ("docstring", "problem"),
    [
        ("", "Scoop.melt has no docstring"),
        ("Melt. Raises TooLate.", "what Scoop.melt raises doesn't stand in a section of its own"),
        ("Melt.\n\nRaises TooLate.", "what Scoop.melt raises doesn't stand in a section of its own"),
        ("Melt.\nRaises:\n    TooLate: it is gone.", "what Scoop.melt raises doesn't stand in a section of its own"),
        ("Melt.\n\nRaises:\n    TooLate", "the section Raises of Scoop.melt isn't made of lines"),
        ("Melt.\n\nRaises:\n    TooLate: it is gone.\n\nOr so.", "the section Raises of Scoop.melt isn't made of"),
        ("Melt.\n\nReturns:\n    Water.", "Scoop.melt has a section that the reference doesn't know, `Returns:`"),
    ],
)
def test_another_form_is_named_with_file_and_line(packages: Path, docstring: str, problem: str) -> None:
    source = f'"""About scoops."""\n\nclass Scoop:\n    """Cold."""\n\n    def melt(self):\n{indented(docstring)}'
    (packages / "reconciling/scoop.py").write_text(source)
    [named] = api_reference.problems(packages)
    assert named.startswith(f"reconciling/scoop.py, line 6: {problem}")


@pytest.mark.parametrize(
    "source", ["", '"""About scoops."""\n\ndef melt(): ...\n', '"""Scoops."""\n\nclass Scoop: ...\n']
)
def test_what_is_public_needs_a_docstring(packages: Path, source: str) -> None:
    (packages / "reconciling/scoop.py").write_text(source)
    [named] = api_reference.problems(packages)
    assert named.endswith("has no docstring")


def indented(docstring: str) -> str:
    """The body of a method that has this docstring."""
    return textwrap.indent(f'"""{docstring}\n"""\n' if docstring else "...\n", 8 * " ")
