"""A Pebble and its DNS as two processes that end with the `with` in which they run, however that ends."""

import contextlib
import datetime
import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from cryptography import x509

from certmanager.pki import certificates
from workshop import binaries
from workshop.pebble import serving_certificate
from workshop.pebble.challtestsrv import ChallTestSrv
from workshop.pebble.options import Options, Ports
from workshop.system import processes
from workshop.system.polling import eventually
from workshop.system.tempdir import temporary_directory

PROGRAMS = ("pebble", "pebble-challtestsrv")
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_PROBE_INTERVAL_SECONDS = 0.005


class PebbleError(RuntimeError):
    """Pebble or its DNS didn't start, or ended by itself; the message ends with its log."""


class Pebble:
    """A running test CA."""

    def __init__(self, folder: Path, programs: Mapping[str, Path], options: Options, ports: Ports) -> None:
        self.options = options
        self.ports = ports
        self.folder = folder
        self._programs = programs
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ca = self._write_files()

    @property
    def directory_url(self) -> str:
        """The only URL that an ACME client needs."""
        return f"https://127.0.0.1:{self.ports.acme}/dir"

    @property
    def http_port(self) -> int:
        """Where Pebble looks for HTTP-01 proofs, in place of port 80; free for a solver."""
        return self.ports.http

    @property
    def dns(self) -> ChallTestSrv:
        """The DNS that Pebble asks."""
        return ChallTestSrv(f"http://127.0.0.1:{self.ports.dns_management}")

    @property
    def ca_file(self) -> Path:
        """The certificate by which Pebble's own HTTPS is trusted; not the root of what it issues."""
        return self.folder / "ca.crt"

    @property
    def root_file(self) -> Path:
        """The roots of what it issues, in PEM."""
        return self.folder / "roots.pem"

    @property
    def trust(self) -> ssl.SSLContext:
        """The same for a client in Python."""
        return ssl.create_default_context(cadata=self._ca)

    @property
    def pids(self) -> dict[str, int]:
        """The processes by the names of their programs."""
        return {name: process.pid for name, process in self._processes.items()}

    def log(self, program: str = "pebble") -> Path:
        """Where a program writes its log."""
        return self.folder / f"{program}.log"

    def roots(self) -> list[x509.Certificate]:
        """The roots of what Pebble issues, new at each start; the first is the default, the others are alternates."""
        pems = [self.get_management(f"/roots/{number}") for number in range(1 + self.options.alternate_roots)]
        return [x509.load_pem_x509_certificate(pem) for pem in pems]

    def get_management(self, path: str) -> bytes:
        """GET something from Pebble's management interface.

        Raises:
            OSError: it can't be reached.
            HTTPException: what answers doesn't speak HTTP.
            PebbleError: it answers with another status than 200.
        """
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports.management, timeout=5, context=self.trust)
        with contextlib.closing(connection):
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read()
        if response.status != 200:
            raise PebbleError(f"Pebble's management interface answers {response.status} to {path}")
        return body

    def restart(self) -> None:
        """End Pebble and start it again on the same ports: it has forgotten everything, and has new roots."""
        processes.stop([self._processes.pop("pebble")], grace=_STOP_SECONDS)
        self._start_pebble()
        self._until_ready()

    def wait(self) -> None:
        """Wait for ever.

        Raises:
            PebbleError: one of the two processes has ended.
        """
        while True:
            for name, process in self._processes.items():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.5)
                    raise self._ended(name)

    def start(self) -> None:
        """Start both and wait until they answer.

        Raises:
            PebbleError: they don't.
        """
        dns = ["-dnsserver", f"127.0.0.1:{self.ports.dns}", "-management", f"127.0.0.1:{self.ports.dns_management}"]
        unused = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-defaultIPv6", ""]
        self._start("pebble-challtestsrv", [*dns, *unused], {})
        self._start_pebble()
        self._until_ready()

    def stop(self) -> None:
        """End both."""
        processes.stop(self._processes.values(), grace=_STOP_SECONDS)

    def _start_pebble(self) -> None:
        self._start("pebble", self.options.arguments(self.ports), self.options.environment())

    def _start(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> None:
        argv: list[str | Path] = [self._programs[name], *arguments]
        self._processes[name] = processes.start(argv, log=self.log(name), cwd=self.folder, env=environment)

    def _until_ready(self) -> None:
        self._wait_for("pebble-challtestsrv", lambda: _connect(self.ports.dns))
        self._wait_for("pebble-challtestsrv", lambda: _connect(self.ports.dns_management))
        self._wait_for("pebble", lambda: _connect(self.ports.acme))
        self._wait_for("pebble", self.roots)
        self.root_file.write_bytes(certificates.to_pem(*self.roots()))

    def _wait_for(self, name: str, probe: Callable[[], object]) -> None:
        """Probe a program until that raises no OSError: no event says when another process begins to listen."""

        def look() -> None:
            try:
                probe()
            except OSError as error:
                if self._processes[name].poll() is not None:
                    raise self._ended(name) from error
                raise

        try:
            eventually(look, within=_START_SECONDS, every=_PROBE_INTERVAL_SECONDS, retry_on=OSError)
        except OSError as error:
            raise PebbleError(f"{name} doesn't answer after {_START_SECONDS:g} s: {error}") from error

    def _ended(self, name: str) -> PebbleError:
        how = processes.ended(self._processes[name].returncode)
        return PebbleError(f"{name} has ended with {how}. Its log:\n{processes.tail(self.log(name))}")

    def _write_files(self) -> str:
        serving = serving_certificate.generate(datetime.datetime.now(datetime.UTC))
        for name, content in (
            ("ca.crt", serving.ca),
            ("tls.crt", serving.certificate),
            ("tls.key", serving.key),
            ("pebble.json", json.dumps(self.options.configuration(self.ports), indent=2).encode()),
        ):
            (self.folder / name).touch(mode=0o600)
            (self.folder / name).write_bytes(content)
        return serving.ca.decode()


@contextlib.contextmanager
def serve(options: Options | None = None, *, report: binaries.Reporter | None = None) -> Iterator[Pebble]:
    """A Pebble inside the `with`, ready; `report` shows how its programs are got where they aren't there yet.

    Raises:
        BinariesMissing: they can't be got.
        PebbleError: they don't start.
    """
    programs = binaries.ensure(PROGRAMS, report or binaries.Reporter())
    with temporary_directory() as folder, Ports.reserved() as ports:
        ca = Pebble(folder, programs, options or Options(), ports)
        try:
            ca.start()
            yield ca
        finally:
            ca.stop()


def _connect(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        pass
