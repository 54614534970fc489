"""What the API server means when it refuses a CustomResourceDefinition, in the words of the YAML that was written.

It speaks of Go's types and of its own internal version, whose paths are others: neither stands in the file.
"""

import json
import re
from collections.abc import Iterator

import yaml

from workshop.testing import manifest
from workshop.testing.manifest import Path, Problem

_WRONG_TYPE = re.compile(
    r"cannot unmarshal (?P<found>\w+)(?: (?P<value>\S+))? into Go struct field \w+\.(?P<path>\S+) of type (?P<type>\S+)"
)
_UNKNOWN = re.compile(r'unknown field "(?P<path>[^"]+)"')
_INVALID = re.compile(
    r"^(?:\* |The \w+ \"[^\"]*\" is invalid: )(?P<path>[a-z]\S*): "
    r"(?P<what>Invalid value|Required value|Unsupported value|Forbidden|Duplicate value|Too \w+)(?:: )?(?P<rest>.*)",
    re.MULTILINE,
)
_WANTED = {  # by Go's type
    "string": "a string",
    "bool": "true or false",
    "int32": "a whole number, without quotes",
    "int64": "a whole number, without quotes",
    "float64": "a number, without quotes",
    "[]string": "a list of strings, such as [a, b]",
    "v1.CustomResourceSubresources": "an object, such as {status: {}}",
    "v1.CustomResourceSubresourceStatus": "an empty object, {}",
    "v1.JSONSchemaProps": "an object, such as {type: string}",
    "v1.ValidationRules": "a list: each item begins with a dash, -",
}
_INTERNAL = (  # how the API server calls it inside, and how v1 does
    ("spec.validation.", "spec.versions[0].schema."),
    ("spec.subresources", "spec.versions[0].subresources"),
    ("spec.additionalPrinterColumns", "spec.versions[0].additionalPrinterColumns"),
    (".JSONPath", ".jsonPath"),
)


def problems(text: str, message: str) -> Iterator[Problem]:
    """Yield what the `message` of the API server says is wrong with the manifest `text`; nothing if it isn't known."""
    if wrong_type := _WRONG_TYPE.search(message):
        yield _wrong_type(text, wrong_type)
    for unknown in _UNKNOWN.finditer(message):
        path = _parsed(unknown["path"])
        line, _ = manifest.locate(text, path)
        explain = f"kubectl explain crd.{_field(path[:-1])}"
        found = f"{path[-1]}, which the API server doesn't know there"
        wanted = f"one of the fields of {explain} (is it a typing error, or indented too far, or too little?)"
        yield Problem(line, manifest.written(path), found, wanted)
    for invalid in _INVALID.finditer(message):
        if not invalid["path"].startswith("status."):  # nobody writes that
            yield _invalid(text, invalid)


def _wrong_type(text: str, match: re.Match[str]) -> Problem:
    """Go names fields alone, without the indexes of lists and the keys of maps."""
    fields = match["path"].split(".")
    wanted = _WANTED.get(match["type"], "a list: each item begins with a dash, -")
    if not match["type"].startswith("[]") and match["type"] not in _WANTED:
        wanted = "an object, such as {}"
    candidates = [
        (path, node)
        for path, node in manifest.nodes(text)
        if _json_kind(node) == match["found"] and _is_at(path, fields) and match["value"] in (None, node.value)
    ]
    if not candidates:
        return Problem(0, match["path"], f"a {match['found']}", wanted)
    path, node = candidates[0]
    return Problem(manifest.line_of(text, path), manifest.written(path), manifest.describe(node), wanted)


def _is_at(path: Path, fields: list[str]) -> bool:
    """Whether a path leads to this field, or to an entry of it."""
    keys = [key for key in path if isinstance(key, str)]
    rest = iter(keys)
    return fields[-1] in keys[-2:] and all(field in rest for field in fields)


def _json_kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        kind = node.tag.rpartition(":")[2]
        return {"bool": "bool", "int": "number", "float": "number", "null": "null"}.get(kind, "string")
    return "array" if isinstance(node, yaml.SequenceNode) else "object"


def _invalid(text: str, match: re.Match[str]) -> Problem:
    name = match["path"]
    for internal, public in _INTERNAL:
        name = name.replace(internal, public)
    path = _parsed(name)
    line, node = manifest.locate(text, path)
    what, rest = match["what"], match["rest"]
    if what in ("Invalid value", "Unsupported value", "Duplicate value"):
        rest = _without_value(rest)
    if what == "Required value":
        wanted = f"a value: {rest}" if rest else "a value"
        wanted = "an object, such as {type: string}" if node else wanted  # of another type it is as good as none
    elif what == "Forbidden":
        wanted = f"no such field here: {rest}"
    else:
        wanted = rest.replace("supported values", "one of") or what
        wanted = re.sub(r"compilation failed: ERROR: <input>:1:(\d+)", r"a rule that compiles; at character \1", wanted)
    return Problem(line, manifest.written(path), manifest.describe(node), wanted)


def _without_value(rest: str) -> str:
    """What comes after the value, which is JSON."""
    try:
        _, end = json.JSONDecoder().raw_decode(rest)
    except ValueError:
        return rest
    return rest[end:].lstrip(": ")


def _parsed(path: str) -> Path:
    return tuple(
        int(index) if index.isdecimal() else index or key
        for key, index in re.findall(r"([^.\[\]]+)|\[([^\]]*)\]", path)
        if key or index
    )


def _field(path: Path) -> str:
    """The field of `kubectl explain`, which describes a schema once, and not each of its properties."""
    keys = [key for key in path if isinstance(key, str)]
    end = keys.index("openAPIV3Schema") + 1 if "openAPIV3Schema" in keys else len(keys)
    return ".".join(keys[:end] + [key for key in keys[-1:] if key.startswith("x-") and end < len(keys)])
