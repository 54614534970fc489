"""A coroutine that is made and dropped is named, with the line that made it."""

import pytest

from workshop.testing.awaited import all_awaited
from workshop.testing.failures import CheckFailedError


async def work() -> None:
    """Do nothing."""


def test_a_coroutine_that_is_dropped_is_named() -> None:
    with (
        pytest.raises(CheckFailedError) as failed,
        all_awaited("each coroutine to be awaited", lambda file, _line: f"look into {file}"),
    ):
        work()  # type: ignore[unused-coroutine]
    assert "work" in failed.value.explanation.seen
    assert failed.value.explanation.look == f"look into {__file__}"


async def test_one_that_is_awaited_is_fine() -> None:
    with all_awaited("each coroutine to be awaited", lambda file, _line: file):
        await work()
