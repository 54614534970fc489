"""docs/certmanager-fields.md names every field that the CRDs have, and for each a test that shows what it says."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.certmanager.api import RESOURCES
from tests.certmanager.manifests import ACCEPTED, UNSUPPORTED
from tests.certmanager.test_effects import EFFECTS
from workshop.workspace.cluster import CHECKOUT

PAGE = CHECKOUT / "docs/certmanager-fields.md"
KINDS = ("Certificate", "CertificateRequest", "Issuer")
_ROW = re.compile(r"\| `(?P<field>[^`]+)`(?: and all below it)? \| (?P<supported>[^|]+) \| (?P<shown_by>[^|]+) \|")


@dataclass(frozen=True)
class Row:
    field: str
    supported: str
    shown_by: str


def rows(kind: str) -> list[Row]:
    section = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)
    table = next(text for text in section if text.split(maxsplit=1)[0] == kind)
    return [Row(*match.groups()) for match in _ROW.finditer(table)]


def fields(schema: Mapping[str, Any], path: str) -> Iterator[str]:
    """The fields below a schema, by their paths, but for those that have fields of their own."""
    if schema["type"] == "array":
        schema, path = schema["items"], f"{path}[]" if "properties" in schema["items"] else path
    if "properties" not in schema:
        yield path
    for name, below in schema.get("properties", {}).items():
        yield from fields(below, f"{path}.{name}")


def is_set(value: Any, path: list[str]) -> bool:
    """Whether an object has something at a path."""
    if not path:
        return True
    if path[0] == "[]":
        return isinstance(value, list) and any(is_set(item, path[1:]) for item in value)
    return isinstance(value, dict) and path[0] in value and is_set(value[path[0]], path[1:])


def sets(spec: Mapping[str, Any], field: str) -> bool:
    return is_set(spec, field.removeprefix("spec.").replace("[]", ".[]").split("."))


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_has_each_field_of_the_crds_and_no_other(kind: str) -> None:
    crd = yaml.safe_load((CHECKOUT / f"deploy/certmanager/crds/cert-manager.io_{RESOURCES[kind]}.yaml").read_text())
    root = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    assert [row.field for row in rows(kind)] == [*fields(root["spec"], "spec"), *fields(root["status"], "status")]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_supported_is_among_what_is_accepted(kind: str) -> None:
    for row in rows(kind):
        if row.supported == "yes" and row.field.startswith("spec."):
            assert any(sets(spec, row.field) for spec in ACCEPTED[kind].values()), row


def test_each_field_of_a_certificate_is_shown_by_what_it_does() -> None:
    shown = [row.field for row in rows("Certificate") if row.shown_by == "`test_a_field_does_what_it_says`"]
    assert sorted(shown) == sorted(EFFECTS)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_page_calls_refused_is_what_is_refused(kind: str) -> None:
    refused = [row.field for row in rows(kind) if row.supported == "refused"]
    cases = UNSUPPORTED.get(kind, {})
    below = {root: [field for field in refused if re.match(rf"spec\.{root}(?!\w)", field)] for root in cases}
    assert sorted(refused) == sorted(field for fields_below in below.values() for field in fields_below)
    assert all(
        fields_below and all(sets(cases[root], field) for field in fields_below) for root, fields_below in below.items()
    )


def test_the_tests_that_the_page_names_are_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in named if f"def {name}(" not in tests] == []


def test_each_row_says_one_of_the_words_that_the_page_explains() -> None:
    words = set(re.findall(r"^- \*\*(.+?)\*\*:", PAGE.read_text(), flags=re.MULTILINE))
    assert {row.supported for kind in KINDS for row in rows(kind)} == words
