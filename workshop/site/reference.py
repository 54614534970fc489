"""The reference of our packages, made from their docstrings and signatures: the source is read, nothing is imported."""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from workshop.site.page import Page

PACKAGES = ("reconciling", "icecream_operator", "certmanager.acme", "certmanager.pki", "workshop.testing")
_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_RAISES = re.compile(r"^Raises:\n((?:[ ]+.+\n?)+)", re.MULTILINE)
_RAISED = re.compile(r"^    (\S.*?): ", re.MULTILINE)


def pages(root: Path) -> Iterator[Page]:
    """Yield a page for each package."""
    for package in PACKAGES:
        folder = root / package.replace(".", "/")
        text = "\n\n".join([f"# {package}", *_package(folder, package)])
        yield Page(f"{package.replace('.', '/')}/__init__.py", f"reference/{package}.md", text + "\n")


def _package(folder: Path, package: str) -> Iterator[str]:
    init = folder / "__init__.py"
    yield _words(ast.parse(init.read_text()))
    for path in sorted(folder.glob("[!_]*.py")):
        module = f"{package}.{path.stem}"
        source = path.read_text()
        tree = ast.parse(source)
        yield f"## {path.stem} {{#{module}}}"
        yield _words(tree)
        for node in tree.body:
            if isinstance(node, ast.ClassDef | _Function) and not node.name.startswith("_"):
                yield f"### {node.name} {{#{module}.{node.name}}}"
                yield from _described(node, source.splitlines())


def _described(node: ast.ClassDef | _Function, lines: list[str]) -> Iterator[str]:
    shown = [_header(node, lines)]
    methods: list[_Function] = []
    for each in node.body if isinstance(node, ast.ClassDef) else []:
        if isinstance(each, ast.AnnAssign | ast.Assign) and _is_public(each):
            shown += lines[each.lineno - 1 : each.end_lineno]
        elif isinstance(each, _Function) and each.name == "__init__":
            shown.append(_header(each, lines))
        elif isinstance(each, _Function) and not each.name.startswith("_"):
            methods.append(each)
    yield _code("\n".join(shown))
    yield _words(node)
    for method in methods:
        yield _code(inspect.cleandoc(_header(method, lines)))
        yield _words(method)


def _header(node: ast.ClassDef | _Function, lines: list[str]) -> str:
    """The lines of the source from the decorators to the colon before the body."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = max(node.body[0].lineno - 1, node.lineno)
    return "\n".join(lines[first - 1 : last])


def _is_public(field: ast.AnnAssign | ast.Assign) -> bool:
    target = field.target if isinstance(field, ast.AnnAssign) else field.targets[0]
    return isinstance(target, ast.Name) and not target.id.startswith("_")


def _code(text: str) -> str:
    return f"```python\n{text}\n```"


def _words(node: ast.Module | ast.ClassDef | _Function) -> str:
    """A docstring as Markdown: what it raises as a list, and nothing taken for HTML."""
    text = ast.get_docstring(node) or ""
    text = _RAISES.sub(lambda block: "Raises:\n\n" + _RAISED.sub(r"- `\1`: ", block[1]), text)
    return "".join(part if part[:1] == "`" else part.replace("<", "&lt;") for part in re.split(r"(`[^`]*`)", text))
