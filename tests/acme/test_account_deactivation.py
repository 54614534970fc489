"""An account is ended once, and its key put aside where nothing takes it for an account any more."""

import ssl
from pathlib import Path

import pytest

from certmanager.acme.account_deactivation import deactivate_account
from certmanager.acme.client import connect
from certmanager.acme.errors import AcmeError
from certmanager.acme.exchange import Exchange, ExchangeCallback
from certmanager.acme.identifier import Identifier
from certmanager.acme.problem import ProblemError
from certmanager.acme.storage import OrderRecord, Storage
from tests.acme.dying import DiedError, Points
from tests.acme.fake_ca import FakeCA
from workshop import pebble

MOST_POINTS = 40


async def registered(ca: pebble.Pebble, folder: Path) -> Storage:
    """A folder with an account at the CA and an order on record."""
    storage = Storage(folder)
    async with connect(ca.directory_url, storage.key(storage.account_key), trust=ca.trust) as client:
        await client.new_account(terms_agreed=True)
        begun = await client.new_order([Identifier.of("a.example.test")])
    storage.write_order(OrderRecord(ca.directory_url, frozenset({"a.example.test"}), begun.url))
    return storage


async def deactivate(ca: pebble.Pebble, storage: Storage, on_exchange: ExchangeCallback | None = None) -> list[str]:
    """What was said."""
    said: list[str] = []
    await deactivate_account(storage, ca.directory_url, said.append, trust=ca.trust, on_exchange=on_exchange)
    return said


async def test_an_account_is_deactivated_and_its_key_put_aside(ca: pebble.Pebble, tmp_path: Path) -> None:
    storage = await registered(ca, tmp_path)
    key = storage.key(storage.account_key)
    said = await deactivate(ca, storage)
    assert said == [f"The key is of no use any more: it is {tmp_path / 'deactivated-account.key'} now."]
    assert {path.name for path in tmp_path.iterdir()} == {"deactivated-account.key"}
    async with connect(ca.directory_url, key, trust=ca.trust) as client:
        with pytest.raises(ProblemError, match="unauthorized"):
            await client.find_account()
    assert await deactivate(ca, storage) == [f"There is no {storage.account_key}: no account to deactivate."]


async def test_the_request_is_the_static_object_to_the_account(ca: pebble.Pebble, tmp_path: Path) -> None:
    wire: list[Exchange] = []
    await deactivate(ca, await registered(ca, tmp_path), wire.append)
    found, ended = wire[-2:]
    assert ended.url == dict(found.headers)["Location"]
    assert ended.message is not None
    assert ended.message.payload == {"status": "deactivated"}
    assert ended.message.protected["kid"] == ended.url


async def test_a_deactivation_that_dies_anywhere_goes_on(ca: pebble.Pebble, tmp_path: Path) -> None:
    for count in range(1, MOST_POINTS):
        storage, points = await registered(ca, tmp_path / str(count)), Points(count)
        key = storage.key(storage.account_key)
        try:
            with points.with_files():
                await deactivate(ca, storage, points)
        except DiedError:
            await deactivate(ca, storage)
        assert {path.name for path in storage.folder.iterdir()} == {"deactivated-account.key"}
        async with connect(ca.directory_url, key, trust=ca.trust) as client:
            with pytest.raises(ProblemError, match="unauthorized"):
                await client.find_account()
        if points.passed < count:
            break
    assert points.passed < count  # the last one came to its end
    assert count > 8


async def test_a_key_that_the_ca_does_not_know_stays(ca: pebble.Pebble, tmp_path: Path) -> None:
    """It may be another CA's account."""
    storage = await registered(ca, tmp_path)
    with pebble.serve() as other:
        assert await deactivate(other, storage) == ["The CA knows no account of this key."]
    assert storage.account_key.exists()
    assert storage.order.exists()


async def test_an_account_that_the_ca_shows_as_deactivated_is_not_deactivated_again(
    fake_ca: FakeCA, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    fake_ca.alter["account"] = lambda reply: reply.with_members(status="deactivated")
    storage = Storage(tmp_path)
    storage.key(storage.account_key)
    await deactivate_account(storage, fake_ca.directory_url, print, trust=trust)
    assert fake_ca.requested.count("account") == 1
    assert storage.deactivated_account_key.exists()


async def test_trouble_of_the_ca_leaves_the_key(fake_ca: FakeCA, trust: ssl.SSLContext, tmp_path: Path) -> None:
    fake_ca.alter["account"] = lambda reply: reply.problem(500, type="urn:ietf:params:acme:error:serverInternal")
    storage = Storage(tmp_path)
    storage.key(storage.account_key)
    with pytest.raises(AcmeError, match="serverInternal"):
        await deactivate_account(storage, fake_ca.directory_url, print, trust=trust)
    assert storage.account_key.exists()
