"""A manifest as its author sees it: YAML with lines, and what is wrong with it before anybody asks an API server.

What the API server says about what is in it is translated in `refusal`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]  # keys of objects, and indexes of lists, from the root

_SIGNS = "!&*|>%@`[]{}\"'"  # at the beginning of a value they mean something in YAML
_KINDS = {"bool": "a boolean", "int": "a number", "float": "a number", "null": "null", "str": "a string"}


@dataclass(frozen=True)
class Problem:
    """Something wrong in a manifest: at which line, from 1, and path, what is there, and what is wanted instead."""

    line: int
    path: str
    found: str
    wanted: str


def problem(text: str, kind: str, name: str) -> Problem | None:
    """Return why `text` isn't one object of the `kind` (`apiVersion/Kind`) and `name`, written in sound YAML."""
    try:
        documents = [node for node in yaml.compose_all(text, yaml.SafeLoader) if _text(node)]
    except yaml.MarkedYAMLError as error:
        return _syntax(text, error)
    except yaml.YAMLError as error:
        return Problem(0, "", str(error), "a text file of YAML")
    if not documents:
        return Problem(1, "", "nothing: the file is empty, or all of it is comment", f"one object, {kind}")
    if len(documents) > 1:
        line = documents[1].start_mark.line + 1
        return Problem(line, "", "a second document begins here, after ---", f"one object, {kind}, and nothing else")
    return _twice(documents[0]) or _wrong_kind(documents[0], kind, name)


def nodes(text: str) -> Iterator[tuple[Path, yaml.Node]]:
    """Yield each node of the only document in `text`, the root first, with its path."""
    yield from _walk((), yaml.compose(text, yaml.SafeLoader))


def locate(text: str, path: Sequence[str | int]) -> tuple[int, yaml.Node | None]:
    """Return the line of what stands at `path`, and its node; or the line of what should hold it, and None."""
    by_path = dict(nodes(text))
    for length in range(len(path), -1, -1):
        if node := by_path.get(tuple(path[:length])):
            line = _line_of_key(by_path, tuple(path[:length]), node)
            return line, node if length == len(path) else None
    return 1, None


def line_of(text: str, path: Path) -> int:
    """Return the line, from 1, at which the nearest there is to `path` begins."""
    return locate(text, path)[0]


def describe(node: yaml.Node | None) -> str:
    """Return what a node is, in YAML's words."""
    if node is None:
        return "nothing"
    if isinstance(node, yaml.ScalarNode):
        return f"{node.value} ({_KINDS.get(node.tag.rpartition(':')[2], 'a string')})" if node.value else "nothing"
    return "a list" if isinstance(node, yaml.SequenceNode) else "an object"


def written(path: Sequence[str | int]) -> str:
    """Return a path as people write it: spec.versions[0].name."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def _walk(path: Path, node: yaml.Node | None) -> Iterator[tuple[Path, yaml.Node]]:
    if node is not None:
        yield path, node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _walk((*path, str(key.value)), value)
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _walk((*path, index), item)


def _line_of_key(by_path: dict[Path, yaml.Node], path: Path, node: yaml.Node) -> int:
    """An object's value may begin a line after its key."""
    parent = by_path.get(path[:-1]) if path else None
    keys = [key for key, value in parent.value if value is node] if isinstance(parent, yaml.MappingNode) else []
    return int((keys[0] if keys else node).start_mark.line) + 1


def _text(node: yaml.Node | None) -> bool:
    """Whether a document isn't empty."""
    return node is not None and not (isinstance(node, yaml.ScalarNode) and not node.value)


def _syntax(text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    lines = text.splitlines() or [""]
    line = lines[min(number, len(lines) - 1)]
    entry = re.match(r"\s*(?:- )?(?P<key>[\w-]+): +(?P<value>.*)", line)
    found = f"{line.strip() or 'the end'}: {error.problem}"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Problem(number + 1, "", f"a tab before {line.strip()}", "spaces: YAML is indented by spaces alone")
    if entry and (": " in entry["value"] or entry["value"][:1] in _SIGNS):
        why = "': '" if ": " in entry["value"] else f"'{entry['value'][0]}' at its beginning"
        wanted = f'the text in quotes, {entry["key"]}: "...", since {why} means something in YAML'
        return Problem(number + 1, "", found, wanted)
    return Problem(number + 1, "", found, "YAML: is this line, or the one before it, indented as its neighbours are?")


def _twice(root: yaml.Node) -> Problem | None:
    """A key that an object has twice: YAML's readers take the last one without a word."""
    for path, node in _walk((), root):
        lines: dict[str, int] = {}
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            name, line = str(key.value), int(key.start_mark.line) + 1
            if name in lines:
                found = f"a second {name}: the first one, in line {lines[name]}, is lost by that"
                return Problem(line, written((*path, name)), found, "each key once: put both into one")
            lines[name] = line
    return None


def _wrong_kind(root: yaml.Node, kind: str, name: str) -> Problem | None:
    by_path = dict(_walk((), root))
    version, _, word = kind.rpartition("/")
    if not isinstance(root, yaml.MappingNode):
        return Problem(int(root.start_mark.line) + 1, "", describe(root), f"an object, {kind}")
    for path, wanted in ((("apiVersion",), version), (("kind",), word), (("metadata", "name"), name)):
        node = by_path.get(path)
        if not isinstance(node, yaml.ScalarNode) or node.value != wanted:
            line = _line_of_key(by_path, path, node) if node else 1
            return Problem(line, ".".join(path), describe(node), wanted)
    return None
