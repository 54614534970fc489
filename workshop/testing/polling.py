"""Wait for what an operator will do in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_EVERY = 0.05  # seconds between two looks at the API server


def eventually(look: Callable[[], T], *, within: float = 20) -> T:
    """Call `look` until it passes, that is, raises no AssertionError, and return what it returned.

    Raises:
        AssertionError: the last one, if `look` still fails after `within` seconds.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            return look()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
        time.sleep(_EVERY)
