from typing import Any

import pytest

from reconciling.patch import status_patch


def test_nothing_is_written_where_nothing_differs() -> None:
    assert status_patch({"soldOut": False, "others": 1}, {"soldOut": False}, 7) is None


@pytest.mark.parametrize("seen", [{}, {"soldOut": True}, {"soldOut": None}])
def test_a_field_that_is_missing_or_differs_is_written(seen: dict[str, Any]) -> None:
    assert status_patch(seen, {"soldOut": False}, 7) == {
        "metadata": {"resourceVersion": "7"},
        "status": {"soldOut": False},
    }


def test_only_what_differs_is_written() -> None:
    patch = status_patch({"soldOut": True, "toppingsCount": 3}, {"soldOut": False, "toppingsCount": 3}, 7)
    assert patch is not None
    assert patch["status"] == {"soldOut": False}
