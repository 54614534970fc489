"""Whether coroutines of a student's code are awaited: one that is made and dropped does nothing, and hardly says so."""

import contextlib
import warnings
from collections.abc import Callable, Iterator

from workshop.testing.failures import CheckFailedError, ask_for_await


@contextlib.contextmanager
def all_awaited(expected: str, look: Callable[[str, int], str]) -> Iterator[None]:
    """Have no coroutine be made and dropped inside the `with`; `look` says where to look, given file and line.

    Raises:
        CheckFailedError: one was dropped.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if "never awaited" in str(warning.message):
            seen = ask_for_await(str(warning.message))
            raise CheckFailedError(expected=expected, seen=seen, look=look(warning.filename, warning.lineno))
