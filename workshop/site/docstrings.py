"""Holds the rule that what is public has a docstring, in Google's form: text and, if something is raised, at its end

Raises:
    CourseError: there is none.
"""

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Documented: TypeAlias = ast.Module | ast.ClassDef | Function

_SECTION = re.compile(r"^[A-Z]\w+:\n(?= )", re.MULTILINE)
_ERRORS = re.compile(r"(    \w[\w.]*: .+(\n {5,}.+)*(\n|\Z))+")


def public(node: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | Function]:
    """Yield the classes and functions of a module, or the methods of a class, that are public."""
    for child in node.body:
        if isinstance(child, ast.ClassDef | Function) and not child.name.startswith("_"):
            yield child


def text_and_errors(docstring: str) -> tuple[str, str]:
    """Return the text of a docstring, and the lines of its section `Raises`."""
    text, _, errors = docstring.partition("\n\nRaises:\n")
    return text, errors


def problems(module: ast.Module) -> Iterator[str]:
    """Yield what breaks the rule, with its line."""
    yield from _problems(module, "the module", 1)
    for member in public(module):
        yield from _problems(member, member.name, member.lineno)
        for method in public(member) if isinstance(member, ast.ClassDef) else ():
            yield from _problems(method, f"{member.name}.{method.name}", method.lineno)


def _problems(node: Documented, name: str, line: int) -> Iterator[str]:
    text, errors = text_and_errors(ast.get_docstring(node) or "")
    if not text:
        yield f"line {line}: {name} has no docstring"
    if re.search(r"\bRaises\b", text):
        yield f"line {line}: what {name} raises doesn't stand in a section of its own, `Raises:` after an empty line"
    elif section := _SECTION.search(text):
        yield f"line {line}: {name} has a section that the reference doesn't know, `{section[0].strip()}`"
    if errors and not _ERRORS.fullmatch(errors):
        yield f"line {line}: the section Raises of {name} isn't made of lines `    Error: when it is raised`"
