"""`workshop acme clean-up`, `revoke` and `deactivate-account` at the boundary: output, files and exit codes."""

import contextlib
import functools
import http.server
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from certmanager.acme.challenge import Proof
from certmanager.acme.identifier import Identifier
from certmanager.acme.presented import PresentedChallenge, PresentedChallenges
from certmanager.acme.storage import Storage
from certmanager.pki import chains
from workshop import pebble
from workshop.cli import acme, acme_clean_up

WORKSHOP = [sys.executable, "-c", "from workshop.cli.main import main; main()"]
ANOTHER_THUMBPRINT = "A" * 43


class Terminal:
    """The command line, in a workspace and a working directory of its own, and the CA that it asks."""

    def __init__(self, ca: pebble.Pebble, home: Path) -> None:
        self.ca = ca
        self.home = home
        self.at = ["--directory", ca.directory_url, "--ca-file", str(ca.ca_file)]

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "WORKSHOP_HOME": str(self.home)}
        argv = [*WORKSHOP, "acme", command, *arguments]
        return subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=self.home, check=False)

    def run_here(self, *arguments: str) -> Result:
        """In this process, where a traceback is an exception."""
        return CliRunner(env={"WORKSHOP_HOME": str(self.home)}).invoke(acme.command, arguments)

    def succeed(self, command: str, *arguments: str) -> list[str]:
        """The lines that it prints."""
        done = self.run(command, *arguments, *self.at)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.splitlines()

    @property
    def storage(self) -> Storage:
        """Where the certificate for example.test lies if nobody says otherwise."""
        return Storage(self.home / "acme" / "example.test")


@pytest.fixture
def terminal(ca: pebble.Pebble, tmp_path: Path) -> Terminal:
    return Terminal(ca, tmp_path)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


class OfAnotherAccount(Quiet):
    def do_GET(self) -> None:
        """Answer whatever the token is, as a server does that knows the thumbprint of one account."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.path.rpartition('/')[2]}.{ANOTHER_THUMBPRINT}".encode())


@contextlib.contextmanager
def serving(ca: pebble.Pebble, handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[None]:
    """A web server where the CA looks."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", ca.http_port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def webroot(ca: pebble.Pebble, tmp_path: Path) -> Iterator[Path]:
    """A folder that a web server serves where the CA looks."""
    folder = tmp_path / "www"
    folder.mkdir()
    with serving(ca, functools.partial(Quiet, directory=str(folder))):
        yield folder


def test_a_certificate_comes_by_a_webroot_and_goes_with_all_that_was_there_for_it(
    terminal: Terminal, webroot: Path
) -> None:
    terminal.succeed("issue", "example.test", "--webroot", str(webroot), "--agree")
    assert not [path for path in webroot.rglob("*") if path.is_file()]
    serial = chains.from_pem(terminal.storage.chain.read_bytes())[0].serial_number

    assert "The order" in terminal.succeed("clean-up", "example.test")[-1]
    assert "Revoked (section 7.6)" in terminal.succeed("revoke", "example.test", "--reason", "superseded")
    assert {path.name for path in terminal.storage.folder.iterdir()} == {"account.key"}
    status = json.loads(terminal.ca.get_management(f"/cert-status-by-serial/{serial:x}"))
    assert (status["Status"], status["Reason"]) == ("Revoked", 4)

    assert "deactivated (section 7.3.6)" in terminal.succeed("deactivate-account", "example.test")[-2]
    for command, says in (
        ("clean-up", "no account, so nothing is left at a CA."),
        ("revoke", "nothing to revoke."),
        ("deactivate-account", "no account to deactivate."),
    ):
        assert terminal.succeed(command, "example.test")[-1].endswith(says)


def test_what_the_ca_has_found_in_place_of_the_proof_is_shown_whole(terminal: Terminal) -> None:
    with serving(terminal.ca, OfAnotherAccount):
        failed = terminal.run("issue", "example.test", "--webroot", str(terminal.home), "--agree", *terminal.at)
    assert f'.{ANOTHER_THUMBPRINT}"' in failed.stderr


def test_what_is_pending_is_told_step_by_step(terminal: Terminal) -> None:
    failed = terminal.run("issue", "*.example.test", "--out", "mine", "--http-port", "0", "--agree", *terminal.at)
    assert "the CA doesn't offer http-01 for *.example.test" in failed.stderr
    printed = terminal.succeed("clean-up", "--out", "mine")
    assert "Authorization for *.example.test: deactivated; challenges: none (section 7.5.2)" in printed
    assert printed[-1] == "Nothing is left behind."
    assert '>   payload   {"status": "deactivated"}' not in printed


def test_the_wire_shows_a_deactivation_and_no_secret(terminal: Terminal) -> None:
    terminal.run("issue", "*.example.test", "--out", "mine", "--http-port", "0", "--agree", *terminal.at)
    key = (terminal.home / "mine" / "account.key").read_text().splitlines()[1]
    printed = terminal.succeed("clean-up", "--out", "mine", "--wire")
    assert '>   payload   {"status": "deactivated"}' in printed
    assert key not in "\n".join(printed)


def text_record(ca: pebble.Pebble, name: str) -> bool:
    """Whether the CA's DNS has a TXT record of the name (RFC 1035 section 4.1)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(10)
        asking.sendto(
            struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", 16, 1),
            ("127.0.0.1", ca.ports.dns),
        )
        answers: int = struct.unpack(">6H", asking.recv(4096)[:12])[3]
    return answers > 0


async def test_a_record_in_the_dns_is_taken_back_as_well(terminal: Terminal) -> None:
    terminal.storage.key(terminal.storage.account_key)
    proof = Proof(Identifier.of("example.test"), "token", "token.thumbprint")
    await acme_clean_up.challtestsrv(terminal.ca.dns.url, terminal.storage).present(proof)
    assert text_record(terminal.ca, "_acme-challenge.example.test")
    printed = terminal.succeed("clean-up", "example.test")
    assert printed[0] == f"Taken back: the proof for example.test, shown by challtestsrv {terminal.ca.dns.url}"
    assert not text_record(terminal.ca, "_acme-challenge.example.test")


@pytest.mark.parametrize(
    ("solver", "where", "options"),
    [
        ("webroot", "{home}/www", ["--webroot", "www"]),
        ("challtestsrv", "http://127.0.0.1:1", ["--challenge", "dns-01", "--dns", "http://127.0.0.1:1"]),
    ],
)
def test_a_proof_is_on_record_before_it_is_shown(
    terminal: Terminal, solver: str, where: str, options: list[str]
) -> None:
    (terminal.home / "www").mkdir()
    (terminal.home / "www" / ".well-known").touch()  # where a folder should be, so the proof can't be shown
    done = terminal.run("issue", "example.test", "--agree", *options, *terminal.at)
    assert done.returncode == 1
    (shown,) = PresentedChallenges(terminal.storage.challenges).read()
    assert (shown.solver, shown.where) == (solver, where.format(home=terminal.home))


def test_an_issuance_by_dns_01_leaves_no_record(terminal: Terminal) -> None:
    dns = ["--challenge", "dns-01", "--dns", terminal.ca.dns.url]
    terminal.succeed("issue", "example.test", "--agree", *dns)
    assert not terminal.storage.challenges.exists()
    assert not text_record(terminal.ca, "_acme-challenge.example.test")


def test_a_solver_that_nobody_knows_is_named(terminal: Terminal) -> None:
    terminal.storage.key(terminal.storage.account_key)
    proof = Proof(Identifier.of("example.test"), "token", "token.thumbprint")
    PresentedChallenges(terminal.storage.challenges).add(PresentedChallenge("smoke", "hill", proof))
    done = terminal.run("clean-up", "example.test", *terminal.at)
    assert done.returncode == 1
    assert (
        "the proof for example.test, shown by smoke hill can't be taken back: nothing here is called 'smoke'"
        in done.stderr
    )
    assert terminal.storage.challenges.exists()


@pytest.mark.parametrize("command", ["clean-up", "revoke", "deactivate-account"])
@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--directory", "https://127.0.0.1:1/dir"], 2, "which certificate? give its NAME, or its folder by --out"),
        (["a.test", "--directory", "https://127.0.0.1:1/dir"], 2, "there is no folder"),
        (["--out", "."], 2, "Missing option '--directory'"),
        (["--out", "file", "--directory", "https://127.0.0.1:1/dir"], 2, "is a file"),
        (["--out", "made", "--directory", "https://127.0.0.1:1/dir"], 1, "GET https://127.0.0.1:1/dir: Cannot connect"),
        (["--out", "made", "--directory", "http://127.0.0.1/dir"], 1, "the directory must be an https URL"),
        (["--out", "made", "--directory", "https://127.0.0.1:1/dir", "--ca-file", "file"], 1, "no certificates in PEM"),
    ],
)
def test_a_mistake_is_told_in_a_line_or_two(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, command: str, arguments: list[str], code: int, says: str
) -> None:
    monkeypatch.chdir(terminal.home)
    (terminal.home / "file").touch()
    made = Storage(terminal.home / "made")
    made.key(made.account_key)
    made.order.write_text('{"directory": "https://127.0.0.1:1/dir", "names": [], "order": "https://127.0.0.1:1/o"}')
    if "http://127.0.0.1/dir" in arguments:
        made.order.write_text('{"directory": "http://127.0.0.1/dir", "names": [], "order": "https://127.0.0.1:1/o"}')
    done = terminal.run_here(command, *arguments)
    assert done.exit_code == code
    assert says in done.stderr
    assert isinstance(done.exception, SystemExit)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["revoke", "--reason", "spite"], "'spite' is not one of 'unspecified', 'keyCompromise'"),
        (["issue", "a.test", "--webroot", "nowhere"], "Directory 'nowhere' does not exist"),
        (["issue", "a.test", "--webroot", "."], "--webroot is for the CA of --directory URL"),
        (
            ["issue", "a.test", "--webroot", ".", "--challenge", "dns-01", "--directory", "https://a/", "--dns", "x"],
            "--webroot is for http-01",
        ),
    ],
)
def test_what_does_not_go_together_is_told(terminal: Terminal, arguments: list[str], says: str) -> None:
    done = terminal.run_here(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr
