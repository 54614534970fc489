import os
import ssl
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from prometheus_client import CollectorRegistry

from icecream_operator.webhook.cert_watcher import CERTIFICATE, KEY, CertWatcher, Pair, load, new_context
from tests.webhook import pairs
from tests.webhook.handshakes import Handshake, trusting
from tests.webhook.pairs import Ca, IssuedPair, Way, put

EXPIRY = "certwatcher_certificate_expiry_seconds"


@pytest.fixture(scope="module")
def first(ca: Ca) -> IssuedPair:
    return ca.issue()


@pytest.fixture(scope="module")
def second(ca: Ca) -> IssuedPair:
    return ca.issue()


@pytest.fixture
def refusals() -> list[str]:
    return []


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def watcher(tmp_path: Path, first: IssuedPair, registry: CollectorRegistry, refusals: list[str]) -> CertWatcher:
    """One that serves the first pair."""
    put(tmp_path, first.pair)
    watcher = CertWatcher(tmp_path, registry, refusals.append, interval=0)
    await watcher.wait_until_loaded()
    return watcher


def served(watcher: CertWatcher, ca: Ca) -> int:
    """The serial number that the next client sees, which also needs the key to be the certificate's."""
    return Handshake(watcher.context, trusting(ca.bundle)).finish()


async def look(watcher: CertWatcher, times: int = 3) -> None:
    for _ in range(times):
        await watcher.look()


@pytest.mark.parametrize("way", pairs.WAYS)
async def test_a_new_pair_is_served_however_it_comes_and_until_then_the_old_one(
    watcher: CertWatcher,
    tmp_path: Path,
    ca: Ca,
    first: IssuedPair,
    second: IssuedPair,
    way: Way,
) -> None:
    half, seen = threading.Event(), threading.Event()

    def pause() -> None:
        half.set()
        assert seen.wait(5)
        seen.clear()

    thread = threading.Thread(target=way, args=(tmp_path, second.pair, pause))
    thread.start()
    while thread.is_alive():
        if half.wait(0.01):
            half.clear()
            await watcher.look()
            assert served(watcher, ca) == first.serial
            seen.set()
    await watcher.look()
    assert served(watcher, ca) == second.serial
    assert watcher.certificate
    assert watcher.certificate.serial_number == second.serial


async def test_a_handshake_that_has_begun_goes_on_with_the_old_pair(
    watcher: CertWatcher, tmp_path: Path, ca: Ca, first: IssuedPair, second: IssuedPair
) -> None:
    begun = Handshake(watcher.context, trusting(ca.bundle))
    put(tmp_path, second.pair)
    await watcher.look()
    assert begun.finish() == first.serial
    assert served(watcher, ca) == second.serial


async def test_without_a_pair_it_waits_and_says_what_is_missing(
    tmp_path: Path, ca: Ca, first: IssuedPair, registry: CollectorRegistry
) -> None:
    reasons = []

    def write(reason: str) -> None:
        reasons.append(reason)
        put(tmp_path, first.pair)

    watcher = CertWatcher(tmp_path, registry, write, interval=0)
    assert registry.get_sample_value(EXPIRY) == 0
    await watcher.wait_until_loaded()
    assert reasons == [f"{tmp_path / CERTIFICATE} can't be read: No such file or directory; no certificate is served"]
    assert served(watcher, ca) == first.serial


def encrypted(pair: Pair) -> Pair:
    key = load_pem_private_key(pair.key, None)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    return Pair(pair.certificate, pem)


def weak(_: Pair) -> Pair:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is what OpenSSL refuses
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    argv = ["openssl", "req", "-new", "-x509", "-key", "/dev/stdin", "-subj", "/CN=weak"]
    return Pair(subprocess.run(argv, input=pem, capture_output=True, check=True).stdout, pem)


BROKEN: dict[str, tuple[Callable[[Pair], Pair], str]] = {
    "both are empty": (lambda _: Pair(b"", b""), "tls.crt holds no certificate in PEM, or only a part of one"),
    "the certificate is garbage": (
        lambda pair: Pair(b"\xff" * 99, pair.key),
        "tls.crt holds no certificate in PEM, or only a part of one",
    ),
    "half a certificate": (
        lambda pair: Pair(pair.certificate[:300], pair.key),
        "tls.crt holds no certificate in PEM, or only a part of one",
    ),
    "half a key": (
        lambda pair: Pair(pair.certificate, pair.key[:100]),
        "tls.key holds no unencrypted private key in PEM, or only a part of one",
    ),
    "an encrypted key": (encrypted, "tls.key holds no unencrypted private key in PEM, or only a part of one"),
    "swapped": (lambda pair: Pair(pair.key, pair.certificate), "tls.crt holds no certificate in PEM"),
    "another's key": (
        lambda pair: Pair(pair.certificate, Ca().issue().pair.key),
        "tls.key is not the key of the certificate in tls.crt",
    ),
    "RSA of 1024 bits": (weak, "tls.crt and tls.key can't be served: EE_KEY_TOO_SMALL"),
}


@pytest.mark.parametrize(("spoil", "message"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_pair_that_cannot_be_served_is_refused_said_once_and_the_old_one_kept(
    watcher: CertWatcher,
    tmp_path: Path,
    ca: Ca,
    first: IssuedPair,
    second: IssuedPair,
    registry: CollectorRegistry,
    refusals: list[str],
    spoil: Callable[[Pair], Pair],
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put(tmp_path, spoil(second.pair))
    await look(watcher, times=5)
    (refusal,) = refusals
    assert refusal.startswith(message)
    assert refusal.endswith("; the old certificate is still served")
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == [refusal]
    assert served(watcher, ca) == first.serial
    assert registry.get_sample_value("certwatcher_read_certificate_errors_total") == 5
    put(tmp_path, second.pair)
    await watcher.look()
    assert served(watcher, ca) == second.serial


async def test_what_is_half_written_at_one_look_and_whole_at_the_next_is_not_worth_a_word(
    watcher: CertWatcher, tmp_path: Path, second: IssuedPair, refusals: list[str]
) -> None:
    (tmp_path / CERTIFICATE).write_bytes(second.pair.certificate)
    await watcher.look()
    (tmp_path / KEY).write_bytes(second.pair.key)
    await watcher.look()
    assert refusals == []


async def test_what_was_mended_and_breaks_again_is_said_again(
    watcher: CertWatcher, tmp_path: Path, first: IssuedPair, refusals: list[str]
) -> None:
    for _ in range(2):
        (tmp_path / KEY).unlink()
        await look(watcher)
        put(tmp_path, first.pair)
        await look(watcher)
    assert len(refusals) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [(os.mkfifo, "is not a file"), (Path.mkdir, "can't be read: Is a directory")],
    ids=["named pipe", "folder"],
)
async def test_what_is_no_file_does_not_keep_it_waiting(
    watcher: CertWatcher, tmp_path: Path, refusals: list[str], make: Callable[[Path], None], message: str
) -> None:
    (tmp_path / KEY).unlink()
    make(tmp_path / KEY)
    await look(watcher)
    assert [refusal.split("; ")[0] for refusal in refusals] == [f"{tmp_path / KEY} {message}"]


@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir])
async def test_what_is_no_file_costs_no_descriptor_each_second(
    watcher: CertWatcher, tmp_path: Path, make: Callable[[Path], None]
) -> None:
    (tmp_path / KEY).unlink()
    make(tmp_path / KEY)
    await watcher.look()
    before = psutil.Process().num_fds()
    await watcher.look()
    assert psutil.Process().num_fds() == before


async def test_a_certificate_that_has_expired_is_served_for_clients_to_judge(
    watcher: CertWatcher, tmp_path: Path, ca: Ca
) -> None:
    expired = ca.issue(since=datetime.now(UTC) - timedelta(days=9), lifetime=timedelta(days=1))
    put(tmp_path, expired.pair)
    await watcher.look()
    assert watcher.certificate
    assert watcher.certificate.serial_number == expired.serial
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"):
        served(watcher, ca)


async def test_the_metric_says_when_the_certificate_that_is_served_expires(
    watcher: CertWatcher, tmp_path: Path, ca: Ca, registry: CollectorRegistry
) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    put(tmp_path, ca.issue(since=now, lifetime=timedelta(hours=1)).pair)
    await watcher.look()
    assert registry.get_sample_value(EXPIRY) == (now + timedelta(hours=1)).timestamp()
    assert registry.get_sample_value("certwatcher_read_certificate_total") == 2


async def test_while_others_write_incessantly_each_handshake_has_a_certificate_and_its_key(
    watcher: CertWatcher, tmp_path: Path, ca: Ca, first: IssuedPair, second: IssuedPair
) -> None:
    """What is loaded is what was tried, though the files are others by then."""
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            for issued in (first, second):
                pairs.key_first(tmp_path, issued.pair, lambda: None)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        serials: set[int] = set()
        while serials != {first.serial, second.serial}:
            await look(watcher, times=10)
            serials.add(served(watcher, ca))
    finally:
        ended.set()
        thread.join()


def test_less_than_tls_1_2_is_refused(ca: Ca, first: IssuedPair) -> None:
    server, client = new_context(), trusting(ca.bundle)
    load(first.pair, server)
    for context in (server, client):
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # else OpenSSL would refuse it, whatever the context wants
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = client.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        Handshake(server, client).finish()
    client.maximum_version = client.minimum_version = ssl.TLSVersion.TLSv1_2
    assert Handshake(server, client).finish() == first.serial
