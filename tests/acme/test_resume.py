"""A client killed after any request: a new one with the same folder goes on with the same order, or says why not."""

import json
import signal
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from certmanager.acme import http01
from certmanager.acme.challenge import Type
from certmanager.acme.client import connect
from certmanager.acme.errors import CertificateRefusedError, OrderFailedError
from certmanager.acme.identifier import Identifier
from certmanager.acme.resume import Folder, ObtainRequest, obtain
from certmanager.pki import chains, keys
from workshop import pebble

NAMES = [Identifier.of("killed.example.test")]
MOST_REQUESTS = 40


def die_after(count: int, ca: pebble.Pebble, challenge: Type, folder: Path) -> str | None:
    """Which resource was the last that was asked before the kill; None if the certificate came first."""
    arguments = {
        "directory": ca.directory_url,
        "ca_file": str(ca.ca_file),
        "challenge": str(challenge),
        "http_port": ca.http_port,
        "dns": ca.dns.url,
        "folder": str(folder),
        "after": count,
    }
    script = Path(__file__).with_name("killed_client.py")
    done = subprocess.run([sys.executable, script, json.dumps(arguments)], capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.stdout.strip() if done.returncode else None


async def orders_of(ca: pebble.Pebble, folder: Folder, trust: ssl.SSLContext) -> list[str]:
    async with connect(ca.directory_url, folder.key(folder.account_key), trust=trust) as client:
        return [url async for url in client.orders(await client.find_account())]


async def go_on(ca: pebble.Pebble, challenge: Type, folder: Folder) -> list[str]:
    """Begin again until there is a certificate; what was said of the orders on the way."""
    said: list[str] = []
    wanted = ObtainRequest(ca.directory_url, NAMES, challenge)
    async with http01.serve("127.0.0.1", ca.http_port) as http:
        solver = {Type.HTTP_01: http, Type.DNS_01: ca.dns}[challenge]
        for _ in range(2):
            try:
                await obtain(wanted, folder, solver, said.append, trust=ca.trust, roots=ca.roots())
            except OrderFailedError as error:
                said.append(str(error))
            else:
                return said
    pytest.fail(f"no certificate: {said}")


def is_complete(folder: Folder) -> bool:
    leaf = chains.from_pem(folder.chain.read_bytes())[0]
    return keys.same_public_key(leaf.public_key(), folder.key(folder.certificate_key).public_key())


async def test_with_a_proof_that_outlives_the_client_the_same_order_is_gone_on_with(ca, tmp_path):
    died_at = []
    for count in range(1, MOST_REQUESTS):
        folder = Folder(tmp_path / str(count))
        last = die_after(count, ca, Type.DNS_01, folder.root)
        if last is None:
            break
        died_at.append(last)
        said = await go_on(ca, Type.DNS_01, folder)
        assert is_complete(folder)
        assert len(await orders_of(ca, folder, ca.trust)) == 1, f"killed after {last}: {said}"
        assert said == [] or said[0].startswith("Going on with the order https://"), said
    assert is_complete(folder)
    assert {"dir", "nonce-plz", "sign-me-up", "order-plz", "authZ", "chalZ", "finalize-order", "certZ"} <= set(died_at)


async def test_with_a_proof_that_dies_with_the_client_a_new_order_is_made_only_for_a_reason_that_is_said(ca, tmp_path):
    for count in range(1, MOST_REQUESTS):
        folder = Folder(tmp_path / str(count))
        last = die_after(count, ca, Type.HTTP_01, folder.root)
        if last is None:
            break
        said = "\n".join(await go_on(ca, Type.HTTP_01, folder))
        assert is_complete(folder)
        if "A new order is needed" in said:
            assert last in ("chalZ", "authZ"), f"killed after {last}: {said}"
            assert "http-01: connection: " in said
        elif last not in ("dir", "nonce-plz", "sign-me-up", "list-orderz"):
            assert "Going on with the order https://" in said
    assert is_complete(folder)


async def test_a_certificate_s_key_that_is_lost_after_finalize_is_said_to_be(ca, tmp_path):
    folder = Folder(tmp_path)
    await go_on(ca, Type.HTTP_01, folder)
    folder.certificate_key.unlink()
    with pytest.raises(
        CertificateRefusedError, match=r"for another key\. If the order was finalized with a key that is lost"
    ):
        await go_on(ca, Type.HTTP_01, folder)


async def test_an_order_that_a_restarted_ca_has_forgotten_is_replaced_and_that_is_said(tmp_path):
    with pebble.serve() as ca:
        folder = Folder(tmp_path)
        await go_on(ca, Type.HTTP_01, folder)
        ca.restart()
        said = await go_on(ca, Type.HTTP_01, folder)
        assert said[0].startswith("A new order is needed, the CA gives the one from before no more:")
        assert is_complete(folder)


async def test_what_is_written_is_for_its_owner_s_eyes_only(ca, tmp_path):
    folder = Folder(tmp_path / "new")
    await go_on(ca, Type.HTTP_01, folder)
    assert folder.root.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.root.iterdir()} == dict.fromkeys(
        ["account.key", "tls.key", "tls.crt", "order.json"], 0o600
    )
