"""Runs the notebooks, for the gates and for the site, which shows what they print; they are stored without outputs.

A notebook brings what it needs (a control plane, a Pebble) itself, so it runs the same here and in JupyterLab. This
needs the packages of requirements-site.lock; nothing that students run for a lesson does.
"""

from workshop.notebooks.errors import NotebookError
from workshop.notebooks.execution import run
from workshop.notebooks.lint import problems

__all__ = ["NotebookError", "problems", "run"]
