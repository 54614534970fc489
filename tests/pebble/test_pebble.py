"""A Pebble of one's own: up at once, with the options as they were set, and gone without a trace."""

import asyncio
import contextlib
import datetime
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from certmanager.acme import http01
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Type
from certmanager.acme.client import connect
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.problem import ProblemError
from certmanager.pki import keys
from certmanager.pki.names import common_name
from workshop import pebble, scratch
from workshop.pebble.options import Options
from workshop.pebble.ports import reserved


async def issued(ca: pebble.Pebble, *names: str) -> Chain:
    async with (
        connect(ca.directory_url, keys.generate(), trust=ca.trust) as client,
        http01.serve("127.0.0.1", ca.http_port) as solver,
    ):
        await client.new_account(terms_agreed=True)
        order = await client.new_order([Identifier.of(name) for name in names])
        return await issue(client, order, keys.generate(), Type.HTTP_01, solver, roots=ca.roots())


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_nothing_is_left_of_it() -> None:
    with pebble.serve() as ca:
        ports, pids, folder = ca.ports, ca.pids, ca.folder
        assert all(is_open(port) for port in (ports.acme, ports.management, ports.dns, ports.dns_management))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "tls.key").stat().st_mode & 0o777 == 0o600
    assert not any(is_open(port) for port in (ports.acme, ports.management, ports.dns, ports.dns_management))
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert not folder.exists()


def test_nothing_is_left_when_the_with_is_left_by_an_error() -> None:
    class FellOverError(Exception):
        pass

    with pytest.raises(FellOverError), pebble.serve() as ca:
        raise FellOverError
    assert not any(psutil.pid_exists(pid) for pid in ca.pids.values())
    assert not ca.folder.exists()


def test_only_loopback_is_listened_on() -> None:
    with pebble.serve() as ca:
        listening = {
            connection.laddr.ip
            for pid in ca.pids.values()
            for connection in psutil.Process(pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
    assert listening == {"127.0.0.1"}


def test_two_side_by_side_never_meet() -> None:
    with pebble.serve() as one, pebble.serve() as other:
        assert not set(vars(one.ports).values()) & set(vars(other.ports).values())
        assert one.folder != other.folder
        assert one.roots() != other.roots()
        assert {asyncio.run(issued(ca, "a.example.test")).top for ca in (one, other)} == {
            common_name(ca.roots()[0].subject) for ca in (one, other)
        }


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ports can't be held for another process")
def test_a_reserved_port_is_given_to_nobody_else() -> None:
    with reserved() as ports, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", ports.acme))
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", ports.acme))
            server.listen()


async def test_a_restart_forgets_everything_and_keeps_the_addresses() -> None:
    with pebble.serve() as ca:
        first = await issued(ca, "a.example.test")
        roots, pids, url = ca.roots(), ca.pids, ca.directory_url
        ca.restart()
        second = await issued(ca, "a.example.test")
        assert ca.roots() != roots
        assert ca.pids["pebble"] != pids["pebble"]
        assert ca.directory_url == url
        assert first.top != second.top


def test_an_end_by_itself_is_noticed_and_said_with_the_log() -> None:
    with pebble.serve() as ca:
        os.kill(ca.pids["pebble"], signal.SIGKILL)
        with pytest.raises(
            pebble.PebbleError, match=r"pebble has ended with signal SIGKILL\. Its log:\n(.*\n)*.*Pebble"
        ):
            ca.wait()


def test_a_program_that_doesn_t_start_is_said_with_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Options, "arguments", lambda *_: ["-config", "nowhere.json"])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        pytest.raises(
            pebble.PebbleError, match=r"pebble has ended with exit code 1\. Its log:\n(.*\n)*.*nowhere\.json"
        ),
        pebble.serve(),
    ):
        pass
    assert not list(scratch.family().glob("*/"))


CHILD = """
import sys, time
from workshop import pebble
with pebble.serve() as ca:
    print(*ca.pids.values(), ca.folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_killed_run_takes_its_processes_along_and_the_next_run_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # a run beside this one would tidy up as well
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first, second, folder = child.stdout.readline().split()
        processes = [psutil.Process(int(pid)) for pid in (first, second)]
        child.kill()
    gone, alive = psutil.wait_procs(processes, timeout=10)
    assert (len(gone), alive) == (2, [])
    assert Path(folder).exists()
    with pebble.serve():
        assert not Path(folder).exists()


class TestOptions:
    """Pebble ignores what it doesn't know, so each option is seen at work; those that ACME's tests use, there."""

    async def test_the_validity_is_that_of_the_certificates(self) -> None:
        with pebble.serve(Options(validity=datetime.timedelta(hours=1))) as ca:
            leaf = (await issued(ca, "a.example.test")).leaf
        assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == datetime.timedelta(seconds=3599)

    async def test_bad_nonces_are_refused(self) -> None:
        with pebble.serve(Options(bad_nonces=100)) as ca:
            async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
                with pytest.raises(ProblemError, match="badNonce"):
                    await client.new_account(terms_agreed=True)

    async def test_always_valid_needs_no_proof(self) -> None:
        with pebble.serve(Options(always_valid=True)) as ca:
            await ca.dns.set_servfail("a.example.test")
            await issued(ca, "a.example.test")

    async def test_the_blocklist_is_refused(self) -> None:
        with pebble.serve(Options(blocklist=("melon.example.test",))) as ca:
            await issued(ca, "blocked-domain.example")
            with pytest.raises(ProblemError, match="rejectedIdentifier"):
                await issued(ca, "melon.example.test")

    async def test_there_are_as_many_roots_as_asked_and_chains_as_long(self) -> None:
        with pebble.serve(Options(alternate_roots=2, chain_length=3)) as ca:
            names = {common_name(root.subject) for root in ca.roots()}
            chain = await issued(ca, "a.example.test")
        assert len(names) == 3
        assert len(chain.certificates) == 4
        assert len(chain.alternates) == 2

    def test_strictness_is_logged(self) -> None:
        with pebble.serve() as strict, pebble.serve(Options(strict=False)) as lenient:
            assert "Running in strict mode" in strict.log().read_text()
            assert "Running in strict mode" not in lenient.log().read_text()

    def test_no_variable_of_the_user_s_changes_an_option(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PEBBLE_WFE_NONCEREJECT", "77")
        with pebble.serve() as ca:
            assert "reject 0% of good nonces" in ca.log().read_text()

    @pytest.mark.parametrize(
        ("seconds", "logged"), [(0, "Disabling random VA sleeps"), (3, "random VA sleep time to 4")]
    )
    def test_the_validation_delay_is_logged(self, seconds: int, logged: str) -> None:
        with pebble.serve(Options(validation_delay=seconds)) as ca:
            assert logged in ca.log().read_text()

    def test_secrets_are_not_shown(self) -> None:
        assert "secret" not in repr(Options(external_accounts={"kid": b"secret"}))


WORKSHOP = [sys.executable, "-c", "from workshop.cli.main import main; main()"]


@contextlib.contextmanager
def run_pebble() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`workshop run pebble`, and what it had printed when it was ready."""
    with subprocess.Popen([*WORKSHOP, "run", "pebble"], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield running, "".join(itertools.takewhile(lambda line: not line.startswith("Ctrl-C"), running.stdout))
        finally:
            running.terminate()


class TestCommand:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_runs_until_it_is_asked_to_stop_and_leaves_nothing(self, number: int) -> None:
        with run_pebble() as (running, printed):
            folder = Path(printed.partition("its HTTPS CA")[2].split()[0]).parent
            children = psutil.Process(running.pid).children()
            assert {child.name() for child in children} == {"pebble", "pebble-challtestsrv"}
            running.send_signal(number)
            assert running.wait() == 130
        assert not any(child.is_running() for child in children)
        assert not folder.exists()

    def test_it_says_how_another_shell_uses_it_and_that_works(self, tmp_path: Path) -> None:
        with run_pebble() as (_, printed):
            command = printed.partition("  workshop ")[2].replace("\\\n", "").split()
            argv = [*WORKSHOP, *command, "--out", str(tmp_path)]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "tls.crt").exists()
