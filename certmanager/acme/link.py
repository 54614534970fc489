"""Link headers, read as RFC 8288 appendix B.2 does it: what can't be read ends the header, and what came before counts.

Of the parsers that are kept, requests' and aiohttp's take what stands inside quotes for links; httplink gives a whole
header up over one parameter without a value. Which URL may be asked is the caller's to decide.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TARGET = re.compile(r"[\s,]*<([^<>]*)>")
_QUOTED = r'"(?:[^"\\]|\\.)*"'
_PARAMETER = re.compile(rf"""\s*;\s*([^\s=;,"<>]+)(?:\s*=\s*({_QUOTED}|[^\s;,"<>]*))?""", re.DOTALL)
_END = re.compile(r"[\s;]*(?:,|$)")


@dataclass(frozen=True)
class Link:
    """A target, which may be relative, and its parameters: names in lower case, the first where one comes twice."""

    target: str
    parameters: Mapping[str, str]

    def has_relation(self, relation: str) -> bool:
        """Whether it is of that type (section 3.3), and about the resource itself and no other (section 3.2)."""
        return relation in self.parameters.get("rel", "").lower().split() and "anchor" not in self.parameters


def parse(header: str) -> Iterator[Link]:
    """The links of one Link header."""
    position = 0
    while target := _TARGET.match(header, position):
        position = target.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, position):
            position = parameter.end()
            parameters.setdefault(parameter[1].lower(), _value(parameter[2] or ""))
        end = _END.match(header, position)
        if end is None:
            return
        position = end.end()
        yield Link(target[1].strip(), parameters)


def _value(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text.startswith('"') else text
