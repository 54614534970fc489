"""Serves the site on this machine while somebody writes it: built again at each save, without running notebooks."""

import contextlib
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import click

from workshop.site.builder import build
from workshop.site.errors import SiteError
from workshop.system import file_watcher
from workshop.system.tempdir import temporary_directory


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: what was asked for is in the browser."""


def serve(root: Path, port: int, command: click.Command, say: Callable[[str], None]) -> None:
    """Build and serve the site of the tree `root` until interrupted; port 0 takes a free one.

    Raises:
        SiteError: it can't be built at the start, or the port is taken.
    """
    with temporary_directory() as folder:
        site, fresh, old = (folder / name for name in ("site", "fresh", "old"))
        with _served(site, port) as url:
            saves = file_watcher.saves(_sources(root))
            build(root, site, command, run_notebooks=False)
            say(f"{url} shows the site, built again at each save. Ctrl-C ends it.")
            for _ in saves:
                try:
                    build(root, fresh, command, run_notebooks=False)
                except SiteError as error:
                    say(f"\n{error}\nUntil that is put right, you see the site as it was.")
                    continue
                site.rename(old)
                fresh.rename(site)
                shutil.rmtree(old)
                say("Built again.")


@contextlib.contextmanager
def _served(site: Path, port: int) -> Iterator[str]:
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(site)))
    except OSError as error:
        raise SiteError(f"Port {port} can't be had: {error.strerror}. Another one: make serve PORT=8001") from error
    with server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def _sources(root: Path) -> Iterator[Path]:
    yield root / "mkdocs.yml"
    for folder in ("docs", "lessons", "notebooks"):
        yield from (path for path in (root / folder).rglob("*") if path.is_file())
