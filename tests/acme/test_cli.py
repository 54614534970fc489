"""`workshop acme issue` at the boundary: what it prints, what it writes, how it exits."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from certmanager.acme.storage import Storage
from certmanager.pki import chains
from certmanager.pki.names import AltNames
from tests.proxies import DEAD_PROXIES, DEAD_PROXY
from workshop import pebble

WORKSHOP = [sys.executable, "-c", "from workshop.cli.main import main; main()"]


def issue(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WORKSHOP_HOME": str(home), **variables}
    argv = [*WORKSHOP, "acme", "issue", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)


def at(ca: pebble.Pebble) -> list[str]:
    where = ["--directory", ca.directory_url, "--ca-file", str(ca.ca_file), "--agree"]
    return [*where, "--http-port", str(ca.http_port), "--dns", ca.dns.url]


def test_with_nothing_but_a_name_it_tells_the_whole_story(tmp_path: Path) -> None:
    done = issue(tmp_path, "example.test")
    assert (done.returncode, done.stderr) == (0, "")
    told = [line.partition(":")[0] for line in done.stdout.splitlines()]
    steps = ["Directory", "Nonce", "New order for example.test", "Challenge http-01", "Finalize", "Certificate"]
    assert [line for line in told if line in steps] == steps
    assert "  The CA comes to look: GET /.well-known/acme-challenge/" in done.stdout
    leaf = chains.from_pem((tmp_path / "acme" / "example.test" / "tls.crt").read_bytes())[0]
    assert AltNames.of(leaf).dns_names == {"example.test"}


@pytest.mark.parametrize("challenge", ["http-01", "dns-01"])
def test_the_environments_proxy_is_not_for_loopback(tmp_path: Path, challenge: str) -> None:
    done = issue(tmp_path, "example.test", "--challenge", challenge, **DEAD_PROXIES)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_ca_elsewhere_is_asked_through_the_proxy_which_is_named(tmp_path: Path) -> None:
    done = issue(
        tmp_path,
        "example.test",
        "--directory",
        "https://ca.invalid/dir",
        "--listen",
        "127.0.0.1",
        "--http-port",
        "0",
        **DEAD_PROXIES,
    )
    assert done.returncode == 1
    assert f"GET https://ca.invalid/dir through the proxy {DEAD_PROXY}: " in done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104 - Pebble is asked on loopback
def test_a_pebble_of_our_own_finds_the_proof_where_listen_says(tmp_path: Path, host: str) -> None:
    done = issue(tmp_path, "a.test", "--listen", host)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("127.0.0.2" if sys.platform == "linux" else "::1", "connection refused"),  # ours, where Pebble doesn't look
        ("", "the host is empty"),
        ("a..b", "can't listen for HTTP-01 at 'a..b' on port "),
        ("192.0.2.1", "can't listen for HTTP-01 at '192.0.2.1' on port "),
    ],
)
def test_a_pebble_of_our_own_doesn_t_find_it_elsewhere(tmp_path: Path, host: str, says: str) -> None:
    done = issue(tmp_path, "a.test", "--listen", host)
    assert done.returncode == 1
    assert says in done.stderr
    assert all(len(line) <= 300 for line in done.stderr.splitlines())


def test_the_wire_shows_messages_and_no_secret(ca: pebble.Pebble, tmp_path: Path) -> None:
    done = issue(tmp_path, "wire.example.test", "--wire", *at(ca))
    assert done.returncode == 0
    assert '>   payload   {"identifiers": [{"type": "dns", "value": "wire.example.test"}]}' in done.stdout
    assert ">   signature " in done.stdout
    storage = Storage(tmp_path / "acme" / "wire.example.test")
    for key in (storage.account_key, storage.certificate_key):
        assert key.read_text().splitlines()[1] not in done.stdout
    assert "PRIVATE" not in done.stdout


def test_run_again_it_goes_on_with_the_same_order(ca: pebble.Pebble, tmp_path: Path) -> None:
    first = issue(tmp_path, "again.example.test", *at(ca))
    second = issue(tmp_path, "again.example.test", *at(ca))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "Going on with the order https://" in second.stdout
    assert "which is valid." in second.stdout
    assert "New order" not in second.stdout


def test_a_wildcard_goes_by_dns_01(ca: pebble.Pebble, tmp_path: Path) -> None:
    names = ("*.dns.example.test", "dns.example.test")
    done = issue(tmp_path, *names, "--challenge", "dns-01", *at(ca))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "acme" / "_.dns.example.test" / "tls.crt").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["not a name"], 1, "'not a name' is neither a DNS name nor an IP address"),
        (["a.test", "--directory", "http://127.0.0.1/dir"], 1, "the directory must be an https URL"),
        (["a.test", "--directory", "https://127.0.0.1:1/dir"], 1, "GET https://127.0.0.1:1/dir: Cannot connect"),
        (["a.test", "--directory", "https://127.0.0.1:1/dir", "--challenge", "dns-01"], 2, "dns-01 needs --dns URL"),
        (["a.test", "--challenge", "smoke-01"], 2, "'smoke-01' is not one of 'http-01', 'dns-01'"),
        ([], 2, "Missing argument 'NAMES...'"),
    ],
)
def test_a_mistake_is_told_in_a_line_or_two(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    done = issue(tmp_path, *arguments)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_refusal_is_told_with_what_to_do_next(ca: pebble.Pebble, tmp_path: Path) -> None:
    done = issue(tmp_path, "blocked-domain.example", *at(ca))
    assert done.returncode == 1
    assert "rejectedIdentifier" in done.stderr
    assert "order without it. (RFC 8555 section 7.4)" in done.stderr


def test_a_ca_that_is_not_agreed_with_registers_nobody(ca: pebble.Pebble, tmp_path: Path) -> None:
    done = issue(tmp_path, "a.example.test", *[word for word in at(ca) if word != "--agree"])
    assert done.returncode == 1
    assert "Read the terms of service" in done.stderr


def test_a_port_that_is_taken_is_told(ca: pebble.Pebble, tmp_path: Path) -> None:
    arguments = [str(ca.ports.acme) if word == str(ca.http_port) else word for word in at(ca)]
    done = issue(tmp_path, "a.example.test", *arguments)
    assert done.returncode == 1
    assert "address already in use" in done.stderr
