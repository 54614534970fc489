"""A certificate in a folder is revoked once, as its account or by its own key, and then it is gone from there."""

import json
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from certmanager.acme.certificate_revocation import revoke_certificate
from certmanager.acme.challenge import Type
from certmanager.acme.client import connect
from certmanager.acme.errors import AcmeError, StillPendingError
from certmanager.acme.exchange import Exchange, ExchangeCallback
from certmanager.acme.http01 import Http01Server
from certmanager.acme.identifier import Identifier
from certmanager.acme.jws import encode
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.revocation import Reason
from certmanager.acme.storage import OrderRecord, Storage
from certmanager.pki import certificates, chains, keys
from certmanager.pki.errors import PkiError
from tests.acme.conftest import Applicant
from tests.acme.dying import DiedError, Points
from tests.acme.fake_ca import FakeCA
from workshop import pebble

MOST_POINTS = 40
OWN_KEY = pytest.mark.parametrize("own_key", [False, True], ids=["as its account", "by its own key"])


class Holder:
    """A folder with a certificate from Pebble, and an HTTP-01 server to get it by."""

    def __init__(self, ca: pebble.Pebble, http: Http01Server, folder: Path) -> None:
        self.ca = ca
        self.http = http
        self.storage = Storage(folder)

    async def obtain(self, folder: str = ".") -> "Holder":
        """One more, in a folder of its own."""
        one = Holder(self.ca, self.http, self.storage.folder / folder)
        request = ObtainRequest(self.ca.directory_url, [Identifier.of("a.example.test")], Type.HTTP_01)
        await obtain(request, one.storage, self.http, print, trust=self.ca.trust)
        return one

    async def revoke(
        self, on_exchange: ExchangeCallback | None = None, *, reason: Reason | None = None, own_key: bool = False
    ) -> list[str]:
        """What was said."""
        said: list[str] = []
        await revoke_certificate(
            self.storage,
            self.ca.directory_url,
            said.append,
            reason=reason,
            by_certificate_key=own_key,
            trust=self.ca.trust,
            on_exchange=on_exchange,
        )
        return said

    @property
    def serial(self) -> int:
        return chains.from_pem(self.storage.chain.read_bytes())[0].serial_number

    def status(self, serial: int) -> dict[str, object]:
        """What the CA says of a certificate."""
        status: dict[str, object] = json.loads(self.ca.get_management(f"/cert-status-by-serial/{serial:x}"))
        return status

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.storage.folder.iterdir()}


@pytest.fixture
def holder(applicant: Applicant, tmp_path: Path) -> Holder:
    return Holder(applicant.ca, applicant.http, tmp_path)


@OWN_KEY
async def test_a_certificate_is_revoked_and_removed(holder: Holder, own_key: bool) -> None:
    one = await holder.obtain()
    serial = one.serial
    said = await one.revoke(own_key=own_key, reason=Reason.SUPERSEDED)
    assert (one.status(serial)["Status"], one.status(serial)["Reason"]) == ("Revoked", Reason.SUPERSEDED)
    assert one.files == {"account.key"}
    assert said == [f"Removed from {one.storage.folder}: order.json, tls.crt, tls.key"]
    assert await one.revoke(own_key=own_key) == [f"There is no certificate in {one.storage.folder}: nothing to revoke."]


@OWN_KEY
async def test_a_revocation_that_dies_anywhere_goes_on(holder: Holder, own_key: bool) -> None:
    for count in range(1, MOST_POINTS):
        one = await holder.obtain(str(count))
        serial, points = one.serial, Points(count)
        try:
            with points.with_files():
                await one.revoke(points, own_key=own_key)
        except DiedError:
            await one.revoke(own_key=own_key)
        assert one.status(serial)["Status"] == "Revoked"
        assert one.files == {"account.key"}
        if points.passed < count:
            break
    assert points.passed < count  # the last one came to its end
    assert count > 8


async def test_what_was_revoked_before_is_only_removed(holder: Holder) -> None:
    one = await holder.obtain()
    leaf = chains.from_pem(one.storage.chain.read_bytes())[0]
    key = one.storage.key(one.storage.certificate_key)
    async with connect(one.ca.directory_url, key, trust=one.ca.trust) as client:
        await client.revoke(leaf, key=key)
    assert (await one.revoke())[0] == "It was revoked before."
    assert one.files == {"account.key"}


async def test_after_a_revocation_another_certificate_is_for_another_key(holder: Holder) -> None:
    one = await holder.obtain()
    revoked = one.storage.key(one.storage.certificate_key)
    await one.revoke(reason=Reason.KEY_COMPROMISE)
    await one.obtain()
    assert not keys.same_public_key(one.storage.key(one.storage.certificate_key).public_key(), revoked.public_key())
    assert one.status(one.serial)["Status"] == "Valid"


async def test_a_certificate_that_was_never_downloaded_is_revoked_by_its_account(holder: Holder) -> None:
    one = await holder.obtain()
    serial = one.serial
    one.storage.chain.unlink()
    with pytest.raises(AcmeError, match=r"tls\.crt isn't there, and only its account can download it"):
        await one.revoke(own_key=True)
    await one.revoke()
    assert one.status(serial)["Status"] == "Revoked"
    assert one.files == {"account.key"}


async def test_an_order_without_a_certificate_is_for_the_clean_up(holder: Holder) -> None:
    holder.storage.key(holder.storage.account_key)
    async with connect(
        holder.ca.directory_url, holder.storage.key(holder.storage.account_key), trust=holder.ca.trust
    ) as client:
        await client.new_account(terms_agreed=True)
        begun = await client.new_order([Identifier.of("a.example.test")])
    holder.storage.write_order(OrderRecord(holder.ca.directory_url, frozenset({"a.example.test"}), begun.url))
    with pytest.raises(AcmeError, match="is pending: it has no certificate; clean up in place of this"):
        await holder.revoke()
    assert holder.storage.order.exists()


async def test_an_account_that_is_deactivated_leaves_the_certificate_s_own_key(holder: Holder) -> None:
    one = await holder.obtain()
    async with connect(one.ca.directory_url, one.storage.key(one.storage.account_key), trust=one.ca.trust) as client:
        await client.find_account()
        await client.deactivate_account()
    with pytest.raises(AcmeError, match=r"unauthorized: .*\n.*\nThe certificate may be revoked by its own key too"):
        await one.revoke()
    serial = one.serial
    await one.revoke(own_key=True)
    assert one.status(serial)["Status"] == "Revoked"


@pytest.mark.parametrize(("own_key", "name"), [(False, "account.key"), (True, "tls.key")])
async def test_a_key_that_isn_t_there_is_not_made_but_named(holder: Holder, own_key: bool, name: str) -> None:
    one = await holder.obtain()
    (one.storage.folder / name).unlink()
    with pytest.raises(AcmeError, match=rf"{name} isn't there, so it can't sign; a certificate may be revoked by"):
        await one.revoke(own_key=own_key)
    assert name not in one.files


async def test_a_ca_that_has_forgotten_the_certificate_has_revoked_nothing(
    tmp_path: Path, applicant: Applicant
) -> None:
    """Who trusts its old root goes on trusting the certificate, so that is no success."""
    one = await Holder(applicant.ca, applicant.http, tmp_path).obtain()
    with pebble.serve() as other:
        one.ca = other
        with pytest.raises(AcmeError, match="accountDoesNotExist"):
            await one.revoke()
        with pytest.raises(ProblemError, match="Unable to find specified certificate"):
            await one.revoke(own_key=True)
    assert {"tls.crt", "tls.key"} <= one.files


async def test_a_certificate_that_is_none_is_named(holder: Holder) -> None:
    one = await holder.obtain()
    one.storage.chain.write_text("nonsense")
    with pytest.raises(PkiError, match=r"tls\.crt is not a chain of certificates in PEM"):
        await one.revoke()


class TestAtAnyCA:
    @pytest.fixture
    def storage(self, fake_ca: FakeCA, tmp_path: Path) -> Storage:
        """The folder of an order that was begun."""
        storage = Storage(tmp_path)
        storage.key(storage.account_key)
        storage.write_order(OrderRecord(fake_ca.directory_url, frozenset({"a.test"}), f"{fake_ca.base}/order"))
        fake_ca.names = [{"type": "dns", "value": "a.test"}]
        return storage

    async def test_a_certificate_on_its_way_is_revoked_once_it_is_there(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, storage: Storage
    ) -> None:
        fake_ca.status = "processing"
        with pytest.raises(StillPendingError, match="is processing: its certificate comes; revoke it after that"):
            await revoke_certificate(storage, fake_ca.directory_url, print, trust=trust)
        assert storage.order.exists()

    @pytest.mark.parametrize("record", ["{", '{"directory": "d", "names": [], "order": "https://ca.invalid/"}'])
    async def test_an_order_that_is_none_of_this_ca_is_named(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, storage: Storage, record: str
    ) -> None:
        storage.order.write_text(record)
        with pytest.raises(AcmeError, match=r"order\.json is no order of https://.*, and there is no .*tls\.crt"):
            await revoke_certificate(storage, fake_ca.directory_url, print, trust=trust)

    async def test_a_reason_that_the_ca_refuses_is_told_with_those_that_it_takes(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, storage: Storage
    ) -> None:
        storage.chain.write_bytes(certificates.to_pem(fake_ca.authority.certificate))
        bad_reason = "urn:ietf:params:acme:error:badRevocationReason"
        fake_ca.alter["revoke"] = lambda reply: reply.problem(400, type=bad_reason, detail="only 0, 1, 4, 5")
        with pytest.raises(ProblemError, match=r"badRevocationReason: only 0, 1, 4, 5\nGive another reason, or none"):
            await revoke_certificate(storage, fake_ca.directory_url, print, reason=Reason.CA_COMPROMISE, trust=trust)
        assert storage.chain.exists()


class TestRevocation:
    """What section 7.6 demands of the CA and of the request."""

    async def test_the_request_is_signed_by_kid_as_an_account_and_by_jwk_with_the_own_key(self, holder: Holder) -> None:
        for own_key, identity in ((False, "kid"), (True, "jwk")):
            one = await holder.obtain(identity)
            wire: list[Exchange] = []
            await one.revoke(wire.append, own_key=own_key)
            message = wire[-1].message
            assert message is not None
            assert {"kid", "jwk"} & set(message.protected) == {identity}

    async def test_without_a_reason_none_is_sent(self, holder: Holder) -> None:
        wire: list[Exchange] = []
        await (await holder.obtain()).revoke(wire.append)
        message = wire[-1].message
        assert message is not None
        assert isinstance(message.payload, dict)
        assert set(message.payload) == {"certificate"}

    async def test_the_certificate_is_sent_in_der(self, holder: Holder) -> None:
        one, wire = await holder.obtain(), list[Exchange]()
        leaf = chains.from_pem(one.storage.chain.read_bytes())[0]
        await one.revoke(wire.append, reason=Reason.KEY_COMPROMISE)
        message = wire[-1].message
        assert message is not None
        sent = {"certificate": encode(leaf.public_bytes(Encoding.DER)), "reason": 1}
        assert message.payload == sent
