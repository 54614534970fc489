"""A client killed after any request: a new one with the same folder goes on with the same order, or says why not."""

import json
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from certmanager.acme import http01
from certmanager.acme.challenge import Proof, Solver, Type
from certmanager.acme.client import connect
from certmanager.acme.errors import CertificateRefusedError, OrderFailedError
from certmanager.acme.identifier import Identifier
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from certmanager.pki import chains, keys
from workshop import pebble

NAMES = [Identifier.of("killed.example.test")]
MOST_REQUESTS = 40


def die_after(count: int, ca: pebble.Pebble, challenge: Type, storage: Storage) -> str | None:
    """Which resource was the last that was asked before the kill; None if the certificate came first."""
    arguments = {
        "directory": ca.directory_url,
        "ca_file": str(ca.ca_file),
        "challenge": str(challenge),
        "http_port": ca.http_port,
        "dns": ca.dns.url,
        "folder": str(storage.folder),
        "after": count,
    }
    script = Path(__file__).with_name("killed_client.py")
    done = subprocess.run([sys.executable, script, json.dumps(arguments)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.stdout.strip() if done.returncode else None


async def orders_of(ca: pebble.Pebble, storage: Storage, trust: ssl.SSLContext) -> list[str]:
    async with connect(ca.directory_url, storage.key(storage.account_key), trust=trust) as client:
        return [url async for url in client.orders(await client.find_account())]


async def go_on(ca: pebble.Pebble, challenge: Type, storage: Storage) -> list[str]:
    """Begin again until there is a certificate; what was said of the orders on the way."""
    said: list[str] = []
    request = ObtainRequest(ca.directory_url, NAMES, challenge)
    async with http01.serve("127.0.0.1", ca.http_port) as http:
        solver: Solver = http if challenge is Type.HTTP_01 else ca.dns
        for _ in range(2):
            try:
                await obtain(request, storage, solver, said.append, trust=ca.trust, roots=ca.roots())
            except OrderFailedError as error:
                said.append(str(error))
            else:
                return said
    pytest.fail(f"no certificate: {said}")


def is_complete(storage: Storage) -> bool:
    leaf = chains.from_pem(storage.chain.read_bytes())[0]
    return keys.same_public_key(leaf.public_key(), storage.key(storage.certificate_key).public_key())


async def test_with_a_proof_that_outlives_the_client_the_same_order_is_gone_on_with(
    ca: pebble.Pebble, tmp_path: Path
) -> None:
    died_at = []
    for count in range(1, MOST_REQUESTS):
        storage = Storage(tmp_path / str(count))
        last = die_after(count, ca, Type.DNS_01, storage)
        if last is None:
            break
        died_at.append(last)
        said = await go_on(ca, Type.DNS_01, storage)
        assert is_complete(storage)
        assert len(await orders_of(ca, storage, ca.trust)) == 1, f"killed after {last}: {said}"
        assert said == [] or said[0].startswith("Going on with the order https://"), said
    assert is_complete(storage)
    assert {"dir", "nonce-plz", "sign-me-up", "order-plz", "authZ", "chalZ", "finalize-order", "certZ"} <= set(died_at)


async def test_with_a_proof_that_dies_with_the_client_a_new_order_is_made_only_for_a_reason_that_is_said(
    ca: pebble.Pebble, tmp_path: Path
) -> None:
    for count in range(1, MOST_REQUESTS):
        storage = Storage(tmp_path / str(count))
        last = die_after(count, ca, Type.HTTP_01, storage)
        if last is None:
            break
        said = "\n".join(await go_on(ca, Type.HTTP_01, storage))
        assert is_complete(storage)
        if "A new order is needed" in said:
            assert last in ("chalZ", "authZ"), f"killed after {last}: {said}"
            assert "http-01: connection: " in said
        elif last not in ("dir", "nonce-plz", "sign-me-up", "list-orderz"):
            assert "Going on with the order https://" in said
    assert is_complete(storage)


async def test_an_order_whose_file_is_spoilt_is_found_by_the_account(ca: pebble.Pebble, tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    die_after(6, ca, Type.DNS_01, storage)
    storage.folder.joinpath("order.json").write_text("{")
    said = await go_on(ca, Type.DNS_01, storage)
    assert said[0].startswith("Going on with the order https://")


async def test_an_order_that_has_failed_is_replaced_and_its_reason_is_said(ca: pebble.Pebble, tmp_path: Path) -> None:
    class Forgetful:
        async def present(self, proof: Proof) -> None:
            """Show nothing."""

        async def clean_up(self, proof: Proof) -> None:
            """Nothing is there."""

    storage = Storage(tmp_path)
    request = ObtainRequest(ca.directory_url, NAMES, Type.HTTP_01)
    with pytest.raises(OrderFailedError):
        await obtain(request, storage, Forgetful(), print, trust=ca.trust)
    failed = storage.order.read_text()
    said = await go_on(ca, Type.HTTP_01, storage)
    assert len(said) == 1
    assert said[0].startswith("A new order is needed:\nthe order https://")
    assert "http-01: connection: " in said[0]
    assert is_complete(storage)
    assert storage.order.read_text() != failed


async def test_a_certificate_s_key_that_is_lost_after_finalize_is_said_to_be(ca: pebble.Pebble, tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    await go_on(ca, Type.HTTP_01, storage)
    storage.certificate_key.unlink()
    with pytest.raises(
        CertificateRefusedError, match=r"for another key\. If the order was finalized with a key that is lost"
    ):
        await go_on(ca, Type.HTTP_01, storage)


async def test_an_order_that_a_restarted_ca_has_forgotten_is_replaced_and_that_is_said(tmp_path: Path) -> None:
    with pebble.serve() as ca:
        storage = Storage(tmp_path)
        await go_on(ca, Type.HTTP_01, storage)
        ca.restart()
        said = await go_on(ca, Type.HTTP_01, storage)
        assert said[0].startswith("A new order is needed, the CA gives the one from before no more:")
        assert is_complete(storage)


async def test_what_is_written_is_for_its_owner_s_eyes_only(ca: pebble.Pebble, tmp_path: Path) -> None:
    storage = Storage(tmp_path / "new")
    await go_on(ca, Type.HTTP_01, storage)
    assert storage.folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in storage.folder.iterdir()} == dict.fromkeys(
        ["account.key", "tls.key", "tls.crt", "order.json"], 0o600
    )
