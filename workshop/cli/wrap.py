"""Long lines for people, broken between words; where nobody looks, in a pipe, they stay whole."""

import shutil
import sys
import textwrap


def wrapped(text: str) -> str:
    """Return the text with its lines no longer than the terminal is wide; those that fit stay as they are."""
    if not sys.stdout.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(textwrap.fill(line, width) if len(line) > width else line for line in text.splitlines())
