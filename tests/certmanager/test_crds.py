"""The API server takes what the real cert-manager takes, and refuses what its webhook refuses, for the same reason."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.certmanager.api import Api, Body, Refused
from tests.certmanager.manifests import ACCEPTED, REFUSED, UNSUPPORTED

STAMPED = ("username", "uid", "groups", "extra")


def cases(table: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    return [
        pytest.param(kind, case, id=f"{kind}, {name}")
        for kind, of_kind in table.items()
        for name, case in of_kind.items()
    ]


@pytest.mark.parametrize(("kind", "spec"), cases(ACCEPTED))
def test_what_is_supported_is_stored_as_it_was_written(api: Api, kind: str, spec: Body) -> None:
    stored = api.create(kind, spec, dry_run=True)["spec"]
    assert {field: value for field, value in stored.items() if field not in STAMPED} == spec


@pytest.mark.parametrize(("kind", "case"), cases(REFUSED))
def test_what_is_invalid_is_refused_with_a_reason(api: Api, kind: str, case: tuple[Body, str]) -> None:
    spec, reason = case
    with pytest.raises(Refused) as refusal:
        api.create(kind, spec, dry_run=True)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in UNSUPPORTED for field in UNSUPPORTED[kind]])
def test_what_is_not_supported_is_refused_by_name(api: Api, kind: str, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        api.create(kind, UNSUPPORTED[kind][field], dry_run=True)
    assert f"spec.{field}: Forbidden: spec.{field} is not supported" in str(refusal.value)
