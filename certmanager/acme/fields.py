"""Read the members of a JSON object that a CA sent (RFC 8555 section 7.1), and say exactly what is wrong with one."""

import datetime
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from certmanager.acme.errors import BadReplyError
from certmanager.acme.urls import is_https_url

Enum = TypeVar("Enum", bound=StrEnum)


class Fields:
    """A JSON object and what it is, for messages: `the order https://...`.

    Members that nobody asks for are ignored, as section 7.1 wants it.

    Raises:
        BadReplyError: from every method, where a member isn't of the type that is asked for.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, dict):
            raise BadReplyError(f"{where} is not a JSON object")
        self._members: Mapping[str, object] = value
        self._where = where

    @classmethod
    def from_json(cls, body: bytes, where: str) -> "Fields":
        """Read a JSON text."""
        try:
            return cls(json.loads(body), where)
        except (ValueError, RecursionError) as error:
            raise BadReplyError(f"{where} is not JSON: {error}") from error

    def has(self, name: str) -> bool:
        """Whether the member is there and not null."""
        return self._members.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A string."""
        value = self._members.get(name)
        if value is None and default is not None:
            return default
        return self._text(name, value)

    def line(self, name: str) -> str:
        """A string without control characters, which may be shown on a terminal as it is."""
        value = self.text(name)
        if not value.isprintable():
            raise self._wrong(name, "printable")
        return value

    def url(self, name: str) -> str:
        """An https URL (section 6.1 allows no other)."""
        return self._url(name, self.text(name))

    def optional_url(self, name: str) -> str | None:
        """An https URL, or none."""
        return self.url(name) if self.has(name) else None

    def urls(self, name: str) -> tuple[str, ...]:
        """A list of https URLs."""
        return tuple(self._url(name, value) for value in self._list(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; none if the member isn't there."""
        return tuple(self._text(name, value) for value in self._list(name)) if self.has(name) else ()

    def lenient_text(self, name: str) -> str:
        """A string; empty if the member isn't there or isn't one."""
        value = self._members.get(name)
        return value if isinstance(value, str) else ""

    def lenient_number(self, name: str) -> int | None:
        """A whole number; none if the member isn't there or isn't one."""
        value = self._members.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def lenient_nested_list(self, name: str) -> "tuple[Fields, ...]":
        """A list of JSON objects, what isn't one left out; empty if the member isn't a list."""
        value = self._members.get(name)
        entries = value if isinstance(value, list) else []
        return tuple(
            Fields(entry, f"an entry in {name} of {self._where}") for entry in entries if isinstance(entry, dict)
        )

    def lenient_texts(self, name: str) -> tuple[str, ...]:
        """The strings of a list; none if the member isn't one."""
        value = self._members.get(name)
        return tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()

    def lenient_flag(self, name: str) -> bool:
        """Whether the member is true."""
        return self._members.get(name) is True

    def is_object(self, name: str) -> bool:
        """Whether the member is a JSON object."""
        return isinstance(self._members.get(name), dict)

    def flag(self, name: str) -> bool:
        """True or false; false if the member isn't there."""
        value = self._members.get(name, False)
        if not isinstance(value, bool):
            raise self._wrong(name, "true or false")
        return value

    def time(self, name: str) -> datetime.datetime | None:
        """A moment (RFC 3339) with its zone, or none."""
        if not self.has(name):
            return None
        try:
            moment = datetime.datetime.fromisoformat(self.text(name))
        except ValueError:
            raise self._wrong(name, "a time of RFC 3339") from None
        if moment.tzinfo is None:
            raise self._wrong(name, "a time of RFC 3339 with its zone")
        return moment

    def one_of(self, name: str, kind: type[Enum]) -> Enum:
        """One of the words of `kind`."""
        try:
            return kind(self.text(name))
        except ValueError:
            raise self._wrong(name, f"one of {', '.join(kind)}") from None

    def nested(self, name: str) -> "Fields":
        """A JSON object."""
        return Fields(self._members.get(name), f"{name} of {self._where}")

    def nested_list(self, name: str) -> "tuple[Fields, ...]":
        """A list of JSON objects."""
        return tuple(Fields(value, f"an entry in {name} of {self._where}") for value in self._list(name))

    def _text(self, name: str, value: object) -> str:
        if not isinstance(value, str):
            raise self._wrong(name, "a string")
        return value

    def _url(self, name: str, value: object) -> str:
        if not isinstance(value, str) or not is_https_url(value):
            raise self._wrong(name, "an https URL")
        return value

    def _list(self, name: str) -> list[object]:
        value = self._members.get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        return value

    def _wrong(self, name: str, wanted: str) -> BadReplyError:
        if name not in self._members:
            return BadReplyError(f"{self._where} has no {name}: it must be {wanted}")
        return BadReplyError(f"{name} of {self._where} must be {wanted}, not {self._members[name]!r:.80}")


def printable(text: str) -> str:
    """Text of a stranger, safe to show on a terminal: blanks in place of control characters and line breaks."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
