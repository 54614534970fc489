"""The reference of our packages, made from their docstrings and signatures: the source is read, nothing is imported.

Signatures are shown as they are written, of which griffe, mkdocstrings' reader, knows the first line but not the last.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from workshop.site import docstrings
from workshop.site.docstrings import Documented, Function, public
from workshop.site.page import Page

PACKAGES = ("reconciling", "icecream_operator", "certmanager.acme", "certmanager.pki", "workshop.testing")
_ERROR = re.compile(r"^    (\S+): ", re.MULTILINE)


def pages(root: Path) -> Iterator[Page]:
    """Yield a page for each package."""
    for package in PACKAGES:
        init, *modules = _sources(root, package)
        parts = [f"# {package}", _words(ast.parse(init.read_text()))]
        parts += [part for path in modules for part in _module(f"{package}.{path.stem}", path.read_text())]
        yield Page(init.relative_to(root).as_posix(), f"reference/{package}.md", "\n\n".join(parts) + "\n")


def problems(root: Path) -> Iterator[str]:
    """Yield what breaks the rule of docstrings, with file and line."""
    for path in (path for package in PACKAGES for path in _sources(root, package)):
        for problem in docstrings.problems(ast.parse(path.read_text())):
            yield f"{path.relative_to(root)}, {problem}"


def _sources(root: Path, package: str) -> list[Path]:
    folder = root / package.replace(".", "/")
    return [folder / "__init__.py", *sorted(folder.glob("[!_]*.py"))]


def _module(module: str, source: str) -> Iterator[str]:
    tree = ast.parse(source)
    yield f"## {module.rpartition('.')[2]} {{#{module}}}"
    yield _words(tree)
    for member in public(tree):
        yield f"### {member.name} {{#{module}.{member.name}}}"
        yield from _member(member, source.splitlines())


def _member(node: ast.ClassDef | Function, lines: list[str]) -> Iterator[str]:
    code = _signature(node, lines)
    methods = list(public(node)) if isinstance(node, ast.ClassDef) else []
    for child in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(child, ast.AnnAssign | ast.Assign) and _is_public(child):
            code += lines[child.lineno - 1 : child.end_lineno]
        elif isinstance(child, Function) and child.name == "__init__":
            code += _signature(child, lines)
    for documented, shown in [(node, code), *((method, _signature(method, lines)) for method in methods)]:
        yield "```python\n{}\n```".format(textwrap.dedent("\n".join(shown)))
        yield _words(documented)


def _signature(node: ast.ClassDef | Function, lines: list[str]) -> list[str]:
    """The lines of the source from the decorators to the colon before the body."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = max(node.body[0].lineno - 1, node.lineno)
    return lines[first - 1 : last]


def _is_public(field: ast.AnnAssign | ast.Assign) -> bool:
    target = field.target if isinstance(field, ast.AnnAssign) else field.targets[0]
    return isinstance(target, ast.Name) and not target.id.startswith("_")


def _words(node: Documented) -> str:
    """A docstring as Markdown: what it raises as a list, and nothing taken for HTML."""
    text, errors = docstrings.text_and_errors(ast.get_docstring(node) or "")
    text += "\n\nRaises:\n\n" + _ERROR.sub(r"- `\1`: ", errors) if errors else ""
    return "".join(part if part[:1] == "`" else part.replace("<", "&lt;") for part in re.split(r"(`[^`]*`)", text))
