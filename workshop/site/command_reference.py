"""The reference of the commands, as `make help` and `workshop --help` print it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click

from workshop.site.page import Page


def page(root: Path, command: click.Command) -> Page:
    """Return the page of all make targets and of `command` with what is below it."""
    parts = [
        "# Commands",
        "## make",
        "`make` sets up what it needs, the first time. For a lesson: `make test LESSON=01`.",
        f"```text\n{_make_help(root)}\n```",
        "## workshop",
        "`workshop` is the command line behind it: on PATH in `make shell`, elsewhere `.venv/bin/workshop`.",
        *_described(click.Context(command, info_name="workshop", max_content_width=88, terminal_width=88)),
    ]
    return Page("workshop/cli/main.py", "reference/commands.md", "\n\n".join(parts) + "\n")


def _described(context: click.Context) -> Iterator[str]:
    if context.parent:
        yield f"{'###' if context.parent.parent is None else '####'} {context.command_path}"
    yield f"```text\n{context.command.get_help(context)}\n```"
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            below = context.command.get_command(context, name)
            assert below, "a group has the commands that it lists"
            yield from _described(click.Context(below, info_name=name, parent=context))


def _make_help(root: Path) -> str:
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=root, env=outside, check=True, capture_output=True, text=True
    ).stdout.strip()
