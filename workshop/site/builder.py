"""Builds the site: pages gathered into a folder that lasts as long as the build, and MkDocs run on it, strictly."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import yaml

from workshop.course.tags import STAGE_FILE
from workshop.site import api_reference, command_reference, notebook_pages, snippets
from workshop.site.console_blocks import mark_commands
from workshop.site.definition_anchors import anchor_terms
from workshop.site.errors import SiteError
from workshop.site.inline_svg import inline_drawings
from workshop.site.links import rewrite_links
from workshop.site.navigation import expand_patterns
from workshop.site.page import Page, assets, read_pages
from workshop.system.tempdir import temporary_directory


def build(
    root: Path, out: Path, command: click.Command, *, run_notebooks: bool, say: Callable[[str], None] = lambda _: None
) -> None:
    """Build the site of the tree `root` into the folder `out`; `command` is the command line to be described.

    Raises:
        SiteError: a page breaks a rule, or MkDocs complains.
    """
    if not importlib.util.find_spec("mkdocs"):
        raise SiteError("What makes the site isn't installed here. Either of these installs it: make docs, make serve")
    pages, files = _gather(root, command, run_notebooks=run_notebooks, say=say)
    with temporary_directory() as folder:
        for site, data in (files | {page.site: page.text.encode() for page in pages}).items():
            place = folder / "pages" / site
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        config = yaml.safe_load((root / "mkdocs.yml").read_text())
        nav = expand_patterns(config["nav"], {page.site: page for page in pages})
        config |= {"docs_dir": str(folder / "pages"), "site_dir": str(out.absolute()), "nav": nav}
        (folder / "mkdocs.yml").write_text(yaml.safe_dump(config, sort_keys=False))
        _mkdocs(root, folder / "mkdocs.yml")


def _gather(
    root: Path, command: click.Command, *, run_notebooks: bool, say: Callable[[str], None]
) -> tuple[list[Page], dict[str, bytes]]:
    """All pages, with links as the site needs them, and all other files by their path on the site."""
    pages = [inline_drawings(page, root) for page in read_pages(root)]
    problems = [problem for page in pages for problem in snippets.problems(root, page)]
    if problems := [*problems, *api_reference.problems(root)]:
        raise SiteError("\n".join(problems))
    files = {site: (root / source).read_bytes() for source, site in assets(root).items()}
    for path in sorted(root.glob("notebooks/*.ipynb")):
        if run_notebooks:
            say(f"Running {path.relative_to(root)} ...")
        page, images = notebook_pages.page(root, path, run=run_notebooks)
        pages.append(page)
        files |= images
    pages += [*api_reference.pages(root), command_reference.page(root, command)]
    places = {page.source: page.site for page in pages} | assets(root)
    is_stage = (root / STAGE_FILE).exists()
    pages = [rewrite_links(anchor_terms(page), places, is_stage=is_stage) for page in pages]
    return [mark_commands(page) for page in pages], files


def _mkdocs(root: Path, config: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(config)],
        cwd=root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        complaints = [line for line in done.stderr.splitlines() if not line.startswith("INFO")]
        raise SiteError("MkDocs complains:\n" + "\n".join(complaints))
