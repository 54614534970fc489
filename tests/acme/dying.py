"""Dying in this process at the n-th point: after an exchange with a CA, before or after a file goes or is renamed.

What is tried with it has no clean-up of its own to do when it ends, so an exception is as good as a kill.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


class DiedError(BaseException):
    """The end of a process."""


class Points:
    """The points that are passed; at the n-th it ends."""

    def __init__(self, last: int) -> None:
        self._last = last
        self.passed = 0

    def __call__(self, *_: object) -> None:
        """Pass one."""
        self.passed += 1
        if self.passed == self._last:
            raise DiedError

    @contextmanager
    def with_files(self) -> Iterator[None]:
        """Count what happens to files, too."""
        with pytest.MonkeyPatch.context() as patch:
            for name in ("unlink", "replace"):
                patch.setattr(Path, name, self._around(getattr(Path, name)))
            yield

    def _around(self, method: Any) -> Any:
        def dying(path: Path, *arguments: Any, **options: Any) -> Any:
            self()
            result = method(path, *arguments, **options)
            self()
            return result

        return dying
