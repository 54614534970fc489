"""The site, built once and served; and a headless Chromium that can reach nothing else.

Where the site's packages or a browser are missing, as on a student's machine, these tests are skipped; in CI they fail.
"""

import http.server
import importlib.util
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from workshop.cli.main import workshop
from workshop.site.builder import build
from workshop.workspace.cluster import CHECKOUT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Request, ViewportSize

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOURCES = [
    *("Makefile", "mkdocs.yml", "deploy", "docs", "lessons", "notebooks"),
    *("certmanager", "icecream_operator", "reconciling", "workshop"),
]
DESKTOP: "ViewportSize" = {"width": 1280, "height": 800}
PHONE: "ViewportSize" = {"width": 360, "height": 740}


def missing(what: str) -> None:
    """Skip the test, or, in CI, fail it."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of this tree, its notebooks not run."""
    if not importlib.util.find_spec("mkdocs"):
        missing("what makes the site isn't installed: make .venv/site")
    out = tmp_path_factory.mktemp("site") / "site"
    build(CHECKOUT, out, workshop, run_notebooks=False)
    return out


@pytest.fixture
def tree(tmp_path: Path, site: Path) -> Path:
    """A copy of what the site is made from."""
    assert site.is_dir()  # where none can be made, that fixture says so
    root = tmp_path / "tree"
    root.mkdir()
    for path in (CHECKOUT / name for name in SOURCES if (CHECKOUT / name).exists()):
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, root / path.name)
    return root


@pytest.fixture(scope="session")
def url(site: Path) -> Iterator[str]:
    """Where the site is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A browser for which there is no other host than this machine."""
    executable = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if not executable or not importlib.util.find_spec("playwright"):
        missing("there is no Chromium on PATH, or no playwright: apt install chromium, make .venv/site")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody who reads the site; `foreign_requests` are those that their browser sent to other hosts."""

    url: str
    browser: "Browser"
    foreign_requests: list[str] = field(default_factory=list)
    script_errors: list[str] = field(default_factory=list)

    def opens(self, page: str, *, dark: bool = False, phone: bool = False) -> "Page":
        context = self.browser.new_context(
            viewport=PHONE if phone else DESKTOP,
            color_scheme="dark" if dark else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        opened = context.new_page()
        opened.on("request", self._note)
        opened.on("pageerror", lambda error: self.script_errors.append(f"{page}: {error}"))
        opened.goto(self.url + page)
        opened.wait_for_load_state("networkidle")
        return opened

    def _note(self, request: "Request") -> None:
        if urlsplit(request.url).netloc != urlsplit(self.url).netloc and not request.url.startswith(("data:", "blob:")):
            self.foreign_requests.append(request.url)


@pytest.fixture
def reader(url: str, chromium: "Browser") -> Iterator[Reader]:
    somebody = Reader(url, chromium)
    yield somebody
    for context in chromium.contexts:
        context.close()
    assert somebody.foreign_requests == []
    assert somebody.script_errors == []
