"""Wait for what nobody tells: look again and again, up to a deadline.

By hand and not by tenacity, which costs the supervisor of a control plane 4 MB.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(
    look: Callable[[], T],
    *,
    within: float = 20,
    every: float = 0.05,
    retry_on: type[Exception] | tuple[type[Exception], ...] = AssertionError,
) -> T:
    """Call `look` `every` so many seconds until it passes, that is, raises no `retry_on`; return what it returned.

    Raises:
        retry_on: the last one, if `look` still fails after `within` seconds.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            return look()
        except retry_on:
            if time.monotonic() > deadline:
                raise
        time.sleep(every)
