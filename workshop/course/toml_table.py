"""Reads a TOML table key by key, and says file, line and key of what is wrong with it.

tomllib keeps no positions, so a line is looked for in the text, once something is wrong.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from workshop.course.errors import CourseError

_HEADER = re.compile(r"\s*\[+\s*([\w.-]+)\s*\]+")


class Table:
    """A table whose keys are taken one after the other; at the end `done` complains of any that is left.

    Raises:
        CourseError: by each method that takes a key, if that is missing or something else than its name says.
    """

    def __init__(self, values: Mapping[str, Any], path: str, text: str, header: str = "", index: int = 0) -> None:
        self._left = dict(values)
        self._path = path
        self._text = text
        self._header = header
        self._index = index

    @classmethod
    def parse(cls, text: str, path: str) -> "Table":
        """Parse a whole file; `path` is its name in messages.

        Raises:
            CourseError: it isn't TOML.
        """
        try:
            return cls(tomllib.loads(text), path, text)
        except tomllib.TOMLDecodeError as error:
            raise CourseError(f"{path}: this is not TOML: {error}") from error

    def text(self, key: str) -> str:
        """Take a text that isn't empty."""
        value = self._take(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"must be a text that isn't empty, not {value!r}")
        return value.strip()

    def number(self, key: str) -> int:
        """Take a positive integer."""
        value = self._take(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.error(key, f"must be a positive integer, not {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Take a list of different texts."""
        value = self._take(key)
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.error(key, f"must be a list of texts, not {value!r}")
        if twice := sorted({item for item in value if value.count(item) > 1}):
            raise self.error(key, f"has {', '.join(twice)} twice")
        return tuple(item.strip() for item in value)

    def tables(self, key: str) -> Iterator["Table"]:
        """Take a list of tables, `[[key]]`; none where the key is absent."""
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.error(key, f"must be written as [[{key}]]")
        for index, item in enumerate(value):
            yield Table(item, self._path, self._text, key, index)

    def done(self) -> None:
        """Say that nothing else is wanted.

        Raises:
            CourseError: a key is left that nobody took.
        """
        for key in self._left:
            raise self.error(key, "is not a key that is known here")

    def error(self, key: str, what: str) -> CourseError:
        """Return the error that says `what` of `key`."""
        where = f"[[{self._header}]] {key}" if self._header else key
        return CourseError(f"{self._path}, line {self._line(key)}: {where} {what}.")

    def _take(self, key: str) -> Any:
        if key not in self._left:
            raise self.error(key, "is missing")
        return self._left.pop(key)

    def _line(self, key: str) -> int:
        """The line of the key, or, where it is missing, of its table's header."""
        lines = self._text.splitlines()
        headers = {number: match[1] for number, line in enumerate(lines) if (match := _HEADER.match(line))}
        begin = [number for number, name in headers.items() if name == self._header][self._index] if self._header else 0
        end = min((number for number in headers if number > begin), default=len(lines))
        for number in range(begin, end):
            if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", lines[number]):
                return number + 1
        return next((number + 1 for number, name in headers.items() if name == key), begin + 1)
