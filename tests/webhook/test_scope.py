"""When the webhook stays out of the way. The same, asked of the API server: `test_out_of_the_way`."""

from typing import Any

import pytest

from icecream_operator.webhook.scope import concerns


def icecream(flavour: object = "matcha", **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "a", **metadata}, "spec": {"flavour": [flavour]}}


DELETING = {"deletionTimestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("operation", "old", "new", "expected"),
    [
        pytest.param("CREATE", None, icecream(), True, id="a create"),
        pytest.param("UPDATE", icecream(), icecream("lemon"), True, id="another spec"),
        pytest.param("UPDATE", icecream(), icecream(labels={"table": "7"}), False, id="another label"),
        pytest.param("UPDATE", icecream(finalizers=["x"]), icecream(), False, id="a finalizer taken off"),
        pytest.param("UPDATE", icecream(**DELETING), icecream("lemon", **DELETING), False, id="being deleted"),
        pytest.param("UPDATE", {"metadata": {}}, {"metadata": {}}, False, id="no spec, as before"),
        pytest.param("UPDATE", {"metadata": {}}, icecream(), True, id="a spec where there was none"),
        pytest.param("DELETE", icecream(), None, False, id="a delete"),
        pytest.param("CONNECT", None, icecream(), False, id="something else"),
    ],
)
def test_it_is_about_creates_and_other_specs(
    operation: str, old: dict[str, Any] | None, new: dict[str, Any] | None, expected: bool
) -> None:
    assert concerns(operation, old, new) is expected
