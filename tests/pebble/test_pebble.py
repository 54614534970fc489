"""A Pebble of one's own: up at once, with the dials as they were turned, and gone without a trace."""

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
from cryptography.x509.oid import NameOID

from certmanager.acme import http01
from certmanager.acme.challenge import Type
from certmanager.acme.client import connect
from certmanager.acme.identifier import Identifier
from certmanager.acme.issue import issue
from certmanager.acme.problem import ProblemError
from certmanager.pki import keys
from workshop import pebble
from workshop.pebble.options import Options
from workshop.pebble.ports import reserved
from workshop.system import tempdir


async def issued(ca, *names, key=None):
    async with (
        connect(ca.directory_url, keys.generate(), trust=ca.trust) as client,
        http01.serve("127.0.0.1", ca.http_port) as solver,
    ):
        await client.new_account(terms_agreed=True)
        order = await client.new_order([Identifier.of(name) for name in names])
        return await issue(client, order, key or keys.generate(), Type.HTTP_01, solver, roots=ca.roots())


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_nothing_is_left_of_it():
    with pebble.running() as ca:
        ports, pids, folder = ca.ports, ca.pids, ca.folder
        assert all(is_open(port) for port in (ports.acme, ports.management, ports.dns, ports.dns_management))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "tls.key").stat().st_mode & 0o777 == 0o600
    assert not any(is_open(port) for port in (ports.acme, ports.management, ports.dns, ports.dns_management))
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert not folder.exists()


def test_nothing_is_left_when_the_with_is_left_by_an_error():
    class FellOverError(Exception):
        pass

    with pytest.raises(FellOverError), pebble.running() as ca:
        raise FellOverError
    assert not any(psutil.pid_exists(pid) for pid in ca.pids.values())
    assert not ca.folder.exists()


def test_only_loopback_is_listened_on():
    with pebble.running() as ca:
        listening = {
            connection.laddr.ip
            for pid in ca.pids.values()
            for connection in psutil.Process(pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
    assert listening == {"127.0.0.1"}


def test_two_side_by_side_never_meet():
    with pebble.running() as one, pebble.running() as other:
        assert not set(vars(one.ports).values()) & set(vars(other.ports).values())
        assert one.folder != other.folder
        assert one.roots() != other.roots()
        assert asyncio.run(issued(one, "a.example.test")).leaf != asyncio.run(issued(other, "a.example.test")).leaf


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ports can't be held for another process")
def test_a_reserved_port_is_given_to_nobody_else():
    with reserved() as ports, socket.socket() as other:
        with pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", ports.acme))
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(("127.0.0.1", ports.acme))
            server.listen()


async def test_a_restart_forgets_everything_and_keeps_the_addresses():
    with pebble.running() as ca:
        first = await issued(ca, "a.example.test")
        roots, pids, url = ca.roots(), ca.pids, ca.directory_url
        ca.restart()
        second = await issued(ca, "a.example.test")
        assert ca.roots() != roots
        assert ca.pids["pebble"] != pids["pebble"]
        assert ca.directory_url == url
        assert first.top != second.top


def test_an_end_by_itself_is_noticed_and_told_with_the_log():
    with pebble.running() as ca:
        os.kill(ca.pids["pebble"], signal.SIGKILL)
        with pytest.raises(
            pebble.PebbleError, match=r"pebble has ended with signal SIGKILL\. Its log:\n(.*\n)*.*Pebble"
        ):
            ca.wait()


def test_a_program_that_doesn_t_start_is_told_with_its_log(monkeypatch, tmp_path):
    monkeypatch.setattr(Options, "arguments", lambda *_: ["-config", "nowhere.json"])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        pytest.raises(
            pebble.PebbleError, match=r"pebble has ended with exit code 1\. Its log:\n(.*\n)*.*nowhere\.json"
        ),
        pebble.running(),
    ):
        pass
    assert not list(tempdir.base_directory().glob("*/"))


CHILD = """
import sys, time
from workshop import pebble
with pebble.running() as ca:
    print(*ca.pids.values(), ca.folder, flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_killed_run_takes_its_processes_along_and_the_next_run_its_folder():
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        first, second, folder = child.stdout.readline().split()
        processes = [psutil.Process(int(pid)) for pid in (first, second)]
        child.kill()
    gone, alive = psutil.wait_procs(processes, timeout=10)
    assert (len(gone), alive) == (2, [])
    assert Path(folder).exists()
    with pebble.running():
        assert not Path(folder).exists()


class TestDials:
    """Pebble ignores what it doesn't know, so each dial is seen at work."""

    async def test_the_validity_is_that_of_the_certificates(self):
        with pebble.running(Options(validity=datetime.timedelta(hours=1))) as ca:
            leaf = (await issued(ca, "a.example.test")).leaf
        assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == datetime.timedelta(seconds=3599)

    async def test_bad_nonces_are_refused_at_that_rate(self):
        with pebble.running(Options(bad_nonces=100)) as ca:
            async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
                with pytest.raises(ProblemError, match="badNonce"):
                    await client.new_account(terms_agreed=True)

    async def test_always_valid_needs_no_proof(self):
        with pebble.running(Options(always_valid=True)) as ca:
            await ca.dns.set_servfail("a.example.test")
            await issued(ca, "a.example.test")

    async def test_the_blocklist_is_refused(self):
        with pebble.running(Options(blocklist=("melon.example.test",))) as ca:
            await issued(ca, "blocked-domain.example")
            with pytest.raises(ProblemError, match="rejectedIdentifier"):
                await issued(ca, "melon.example.test")

    async def test_there_are_as_many_roots_as_asked_and_chains_as_long(self):
        with pebble.running(Options(alternate_roots=2, chain_length=3)) as ca:
            names = {root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value for root in ca.roots()}
            chain = await issued(ca, "a.example.test")
        assert len(names) == 3
        assert len(chain.certificates) == 4
        assert len(chain.alternates) == 2

    async def test_an_external_account_is_demanded(self):
        with pebble.running(Options(external_accounts={"kid": b"k" * 32})) as ca:
            async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
                assert client.directory.external_account_required

    def test_strictness_is_told(self):
        with pebble.running() as strict, pebble.running(Options(strict=False)) as lenient:
            assert "Running in strict mode" in strict.log().read_text()
            assert "Running in strict mode" not in lenient.log().read_text()

    def test_no_variable_of_the_user_s_turns_a_dial(self, monkeypatch):
        monkeypatch.setenv("PEBBLE_WFE_NONCEREJECT", "77")
        with pebble.running() as ca:
            assert "reject 0% of good nonces" in ca.log().read_text()

    @pytest.mark.parametrize(("seconds", "told"), [(0, "Disabling random VA sleeps"), (3, "random VA sleep time to 4")])
    def test_the_validation_delay_is_told(self, seconds, told):
        with pebble.running(Options(validation_delay=seconds)) as ca:
            assert told in ca.log().read_text()

    def test_secrets_are_not_shown(self):
        assert "secret" not in repr(Options(external_accounts={"kid": b"secret"}))


WORKSHOP = [sys.executable, "-c", "from workshop.cli.main import main; main()"]


@contextlib.contextmanager
def run_pebble() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`workshop run pebble`, and what it had told when it was ready."""
    with subprocess.Popen([*WORKSHOP, "run", "pebble"], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            yield running, "".join(itertools.takewhile(lambda line: not line.startswith("Ctrl-C"), running.stdout))
        finally:
            running.terminate()


class TestCommand:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_it_runs_until_it_is_told_to_stop_and_leaves_nothing(self, number):
        with run_pebble() as (running, told):
            folder = Path(told.partition("its HTTPS CA")[2].split()[0]).parent
            children = psutil.Process(running.pid).children()
            assert {child.name() for child in children} == {"pebble", "pebble-challtestsrv"}
            running.send_signal(number)
            assert running.wait() == 130
        assert not any(child.is_running() for child in children)
        assert not folder.exists()

    def test_it_says_how_another_shell_uses_it_and_that_works(self, tmp_path):
        with run_pebble() as (_, told):
            command = told.partition("  workshop ")[2].replace("\\\n", "").split()
            argv = [*WORKSHOP, *command, "--out", str(tmp_path)]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "tls.crt").exists()
