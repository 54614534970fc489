"""`workshop acme issue` with any value of any option, at any CA: success, or a line of at most 300 characters a cause.

It runs in this process, where a traceback is an exception; the CA is a real server, in a thread.
"""

import asyncio
import contextlib
import datetime
import gc
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from certmanager.acme.challenge import Proof
from tests.acme.fake_ca import FakeCA, Reply
from workshop.cli import acme
from workshop.pebble import serving_certificate
from workshop.pebble.challtestsrv import ChallTestSrv
from workshop.system.ports import reserved_port

MOST_REQUESTS = 300
LONGEST_LINE = 300
MOST_LINES = 40


@dataclass
class Desk:
    """A CA that keeps to the RFC until its replies are altered, and the command line that asks it."""

    ca: FakeCA
    ca_file: Path
    folder: Path

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(acme.command, ["issue", *arguments])

    def issue(self, *arguments: str, to: Path | None = None) -> Result:
        """At the CA, as far as `arguments` don't say otherwise."""
        with reserved_port(server_shares=True) as port:
            at = ["--directory", self.ca.directory_url, "--ca-file", str(self.ca_file), "--http-port", str(port)]
            return self.run(*at, "--out", str(to or self.folder / "out"), "--timeout", "2", *arguments)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("desk")
    serving = serving_certificate.generate(datetime.datetime.now(datetime.UTC))
    for name, content in (("ca.crt", serving.ca), ("tls.crt", serving.certificate), ("tls.key", serving.key)):
        (folder / name).write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    ca = FakeCA()
    with in_thread(ca, context):
        yield Desk(ca, folder / "ca.crt", folder)
        gc.collect()  # what nobody has closed is told now


@contextlib.contextmanager
def in_thread(ca: FakeCA, context: ssl.SSLContext) -> Iterator[None]:
    """The CA listens inside the `with`, in a thread of its own."""
    listens, ended = threading.Event(), asyncio.Event()
    loop: asyncio.AbstractEventLoop | None = None

    async def listen() -> None:
        nonlocal loop
        loop = asyncio.get_running_loop()
        runner = web.ServerRunner(web.Server(ca.answer, access_log=None))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        ca.base = f"https://127.0.0.1:{runner.addresses[0][1]}"
        listens.set()
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(listen()))
    thread.start()
    listens.wait()
    try:
        yield
    finally:
        assert loop is not None
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@pytest.fixture(autouse=True)
def as_the_rfc_has_it(desk: Desk) -> None:
    desk.ca.alter.clear()
    desk.ca.drop.clear()
    desk.ca.requested.clear()


def is_clear(result: Result) -> bool:
    """Whether it succeeded, or said why not, a short line a cause."""
    if not isinstance(result.exception, SystemExit | None):
        return False
    lines = result.stderr.splitlines()
    short = all(len(line) <= LONGEST_LINE and line.isprintable() for line in lines)
    return short and (result.exit_code == 0 or (result.exit_code in (1, 2) and 0 < len(lines) <= MOST_LINES))


def test_at_a_ca_that_keeps_to_the_rfc_it_succeeds(desk: Desk, tmp_path: Path) -> None:
    result = desk.issue("a.test", to=tmp_path / "new")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (tmp_path / "new" / "tls.crt").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--http-port", "99999"], "99999 is not in the range 0<=x<=65535"),
        (["--http-port", "-1"], "-1 is not in the range"),
        (["--http-port", "x"], "'x' is not a valid integer"),
        (["--listen", "a" * 70], "can't listen for HTTP-01 at"),
        (["--listen", "a..b"], "can't listen for HTTP-01 at 'a..b'"),
        (["--listen", ""], "the host is empty"),
        (["--listen", "192.0.2.1"], "can't listen for HTTP-01 at '192.0.2.1'"),
        (["--listen", "nobody.invalid"], "can't listen for HTTP-01 at 'nobody.invalid'"),
        (["--listen", "\udcff"], "can't listen for HTTP-01 at"),
        (["--directory", ""], "it is empty"),
        (["--directory", "x"], "it isn't https"),
        (["--directory", "https://127.0.0.1:99999/"], "Port out of range"),
        (["--directory", f"https://{'a' * 70}/"], "a label of more than 63 letters"),
        (["--directory", "https://a..b/"], "an empty label"),
        (["--directory", "https://nobody.invalid/"], "GET https://nobody.invalid/: Cannot connect"),
        (["--directory", "https://[::1"], "it is no URL"),
        (["--directory", "https://" + "a." * 127 + "b/"], "more than 253 letters"),
        (["--ca-file", "{folder}"], "is a directory"),
        (["--ca-file", "{folder}/nothing"], "does not exist"),
        (["--ca-file", "{folder}/tls.key"], "holds no certificates in PEM"),
        (["--out", "{folder}/ca.crt"], "is a file"),
        (["--out", "{folder}/ca.crt/x"], "Not a directory"),
        (["--out", "{folder}/" + "x" * 300], "File name too long"),
        (["--challenge", "dns-01"], "dns-01 needs --dns URL"),
        (["--timeout", "0"], "0 is not in the range"),
        (["--eab-kid", "kid"], "needs both --eab-kid and --eab-hmac-key"),
        (["--eab-kid", "kid", "--eab-hmac-key", "a+b"], "isn't base64url"),
        (["256.1.1.1"], "looks like an IPv4 address"),
        (["fe80::1%lo"], "a zone"),
        (["x" * 5000], "at most 63 letters"),
    ],
    ids=str,
)
def test_a_mistake_is_told_in_a_line(desk: Desk, tmp_path: Path, arguments: list[str], says: str) -> None:
    result = desk.issue("a.test", *(word.format(folder=desk.folder) for word in arguments), to=tmp_path / "new")
    assert result.exit_code in (1, 2)
    assert says in result.stderr
    assert is_clear(result)


@pytest.mark.parametrize("option", [["--http-port", "5002"], ["--dns", "http://127.0.0.1:1"], ["--ca-file", __file__]])
def test_what_is_for_the_ca_of_directory_is_refused_without_it(desk: Desk, option: list[str]) -> None:
    result = desk.run("a.test", *option)
    assert result.exit_code == 2
    assert f"{option[0]} is for the CA of --directory URL" in result.stderr


def offering_dns(reply: Reply) -> Reply:
    challenges: Any = reply.json["challenges"]
    return reply.with_members(challenges=[{**challenges[0], "type": "dns-01"}])


@pytest.mark.parametrize(
    ("dns", "says"),
    [
        ("http://127.0.0.1:1", "Cannot connect"),
        ("http://127.0.0.1:99999", "no challtestsrv answers"),
        ("x", "no challtestsrv answers"),
        ("", "no challtestsrv answers"),
        ("{base}", "no challtestsrv answers"),
    ],
)
def test_a_dns_that_is_none_is_told_and_not_that_it_can_t_be_cleaned_up(
    desk: Desk, tmp_path: Path, dns: str, says: str
) -> None:
    desk.ca.alter["authorization"] = offering_dns
    url = dns.format(base=desk.ca.base)
    result = desk.issue("a.test", "--challenge", "dns-01", "--dns", url, to=tmp_path / "new")
    assert result.exit_code == 1
    assert says in result.stderr
    assert "set-txt" in result.stderr
    assert "clear-txt" not in result.stderr
    assert is_clear(result)


def test_a_warning_is_a_short_line_before_whatever_comes_of_it(desk: Desk, tmp_path: Path) -> None:
    desk.ca.alter["authorization"] = offering_dns
    seen: list[str] = []

    class Forgetful(ChallTestSrv):
        async def present(self, proof: Proof) -> None:
            seen.append(str(proof.identifier))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("workshop.cli.acme_clean_up.ChallTestSrv", Forgetful)
        url = f"http://127.0.0.1:1/{'x' * 300}"
        result = desk.issue("a.test", "--challenge", "dns-01", "--dns", url, to=tmp_path / "new")
    assert seen == ["a.test"]
    assert (result.exit_code, is_clear(result)) == (0, True)
    [warning] = result.stderr.splitlines()
    assert warning.startswith("Warning: The proof for a.test couldn't be taken back: ")
    assert len(warning) <= LONGEST_LINE


def test_upper_and_lower_case_share_a_folder(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    with reserved_port(server_shares=True) as port:
        at = ["--directory", desk.ca.directory_url, "--ca-file", str(desk.ca_file), "--http-port", str(port)]
        results = [desk.run(*names, *at) for names in (["A.Test"], ["a.test"], ["a.TEST", "A.test"])]
    assert [result.exit_code for result in results] == [0, 0, 0]
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["a.test"]
    assert desk.ca.requested.count("neworder") == 1


# Any input

words = st.text(max_size=80) | st.sampled_from(
    [
        "",
        "a.test",
        "*.a.test",
        "127.0.0.1",
        "::1",
        "localhost",
        "a..b",
        "a" * 70,
        "https://127.0.0.1:1/",
        "0",
        "-1",
        "99999",
    ]
)
options = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "--challenge",
                "--directory",
                "--ca-file",
                "--listen",
                "--http-port",
                "--dns",
                "--email",
                "--eab-kid",
                "--eab-hmac-key",
                "--out",
            ]
        ),
        words,
    ),
    max_size=2,
)
usual = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)


@usual
@given(names=st.just(["a.test"]) | st.lists(words, min_size=1, max_size=3), options=options)
def test_any_command_line_ends_in_success_or_clear_lines(
    desk: Desk, names: list[str], options: list[tuple[str, str]]
) -> None:
    desk.ca.requested.clear()
    contained = [
        (name, str(desk.folder / "sub") + value.replace("\0", "").replace("/", "_") if name == "--out" else value)
        for name, value in options
    ]
    result = desk.issue(*(word for pair in contained for word in pair), "--", *names)
    assert is_clear(result), (result.stderr, result.exception)
    assert len(desk.ca.requested) <= MOST_REQUESTS


RESOURCES = [
    "directory",
    "nonce",
    "account",
    "neworder",
    "order",
    "authorization",
    "challenge",
    "finalize",
    "certificate",
]
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["pending", "valid", "processing", "ready"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = [
    *("status", "identifiers", "identifier", "authorizations", "challenges", "finalize", "certificate", "error"),
    *("expires", "newOrder", "newNonce", "meta", "orders", "token", "type", "url", "detail", "subproblems"),
]
STATUSES = [200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503]
BODIES = [b"[" * 100_000, b"{", b'{"type":"urn:ietf:params:acme:error:badNonce"}']
MEDIA = ["application/json", "application/problem+json", "text/html", "application/pem-certificate-chain", ""]
HEADERS = {
    "Retry-After": st.sampled_from(["0", "-1", "99999999", "Sun Nov  6 08:49:37 1994", "soon", "1"]),
    "Link": st.sampled_from(['<x>;rel="alternate"', "<", "<https://a..b/>;rel=alternate", '<orders>;rel="next"']),
    "Location": st.sampled_from(["", "/order", "http://x/", "https://a..b/", "https://[", "https://127.0.0.1:1/x"]),
}
changes = st.fixed_dictionaries(
    {"resource": st.sampled_from(RESOURCES)},
    optional={
        "members": st.dictionaries(st.sampled_from(MEMBERS), values, min_size=1, max_size=3),
        "status": st.sampled_from(STATUSES),
        "media": st.sampled_from(MEDIA),
        "body": st.binary(max_size=60) | st.sampled_from(BODIES),
        "headers": st.fixed_dictionaries({}, optional=HEADERS),
        "nonce": st.none() | st.sampled_from(["", "fresh", "not one!"]),
        "drop": st.booleans(),
        "first": st.integers(0, 3),
    },
)


def altered(reply: Reply, change: dict[str, Any]) -> Reply:
    if "members" in change and reply.body.startswith(b"{"):
        reply = replace(reply, body=json.dumps({**reply.json, **change["members"]}).encode())
    kept = {name: value for name, value in change.items() if name in ("status", "media", "body", "nonce")}
    return replace(reply, **kept, headers={**reply.headers, **change.get("headers", {})})


@usual
@given(changed=st.lists(changes, min_size=1, max_size=3), wire=st.booleans())
@example(
    changed=[{"resource": name, "members": {"status": "processing"}} for name in ("order", "finalize")], wire=False
)
@example(changed=[{"resource": "authorization", "members": {"status": "pending"}}], wire=False)
@example(
    changed=[{"resource": "order", "status": 503}, {"resource": "finalize", "members": {"status": "processing"}}],
    wire=False,
)
@example(changed=[{"resource": "neworder", "status": 400, "media": MEDIA[1], "body": BODIES[2]}], wire=False)
@example(changed=[{"resource": "directory", "body": b"[" * 100_000}], wire=False)
@example(
    changed=[
        {"resource": "order", "headers": {"Retry-After": "0"}},
        {"resource": "finalize", "members": {"status": "processing"}},
    ],
    wire=True,
)
def test_any_ca_ends_in_success_or_clear_lines_after_few_requests(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, changed: list[dict[str, Any]], wire: bool
) -> None:
    desk.ca.alter.clear()
    desk.ca.drop.clear()
    desk.ca.requested.clear()
    for change in changed:
        if change.get("drop"):
            desk.ca.drop.add(change["resource"])
        desk.ca.alter[change["resource"]] = lambda reply, change=change: (  # type: ignore[misc]
            altered(reply, change) if desk.ca.requested.count(change["resource"]) > change.get("first", 0) else reply
        )
    result = desk.issue("a.test", *(["--wire"] if wire else []), to=tmp_path_factory.mktemp("any") / "new")
    assert is_clear(result), (result.stderr, result.exception)
    assert len(desk.ca.requested) <= MOST_REQUESTS
