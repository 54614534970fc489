"""What an order has left behind is given back, wherever its client died and however often the clean-up did."""

import asyncio
import contextlib
import json
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiohttp import web

from certmanager.acme import authorization
from certmanager.acme.challenge import Type
from certmanager.acme.cleanup import clean_up_folder
from certmanager.acme.client import Client, connect
from certmanager.acme.errors import AcmeError, OrderFailedError, SolverError
from certmanager.acme.exchange import Exchange, ExchangeCallback
from certmanager.acme.identifier import Identifier, alt_names
from certmanager.acme.issuance import authorize, issue
from certmanager.acme.order import Order, Status
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import OrderRecord, Storage
from certmanager.acme.webroot import Webroot
from certmanager.pki import keys, requests
from tests.acme.conftest import Applicant, Apply
from tests.acme.dying import DiedError, Points
from tests.acme.fake_ca import FakeCA, Reply
from workshop import pebble
from workshop.cli import acme_clean_up

MOST_POINTS = 60
LIVE = {authorization.Status.PENDING, authorization.Status.VALID}


def nothing(_: Exchange) -> None:
    """Look away."""


@dataclass
class Desk:
    """A folder in which certificates are ordered, a webroot that a web server serves, and the CA that looks there."""

    ca: pebble.Pebble
    storage: Storage
    webroot: Path

    async def clean_up(self, on_exchange: ExchangeCallback = nothing, *, deactivate_valid: bool = False) -> list[str]:
        """What was said."""
        said: list[str] = []
        await clean_up_folder(
            self.storage,
            self.ca.directory_url,
            lambda shown: Webroot(Path(shown.where)),
            said.append,
            deactivate_valid=deactivate_valid,
            trust=self.ca.trust,
            on_exchange=on_exchange,
        )
        return said

    def die_while_obtaining(self, after: int, *names: str) -> str | None:
        """Which resource was the last that was asked before the kill; None if the certificate came first."""
        arguments = {
            "directory": self.ca.directory_url,
            "ca_file": str(self.ca.ca_file),
            "webroot": str(self.webroot),
            "folder": str(self.storage.folder),
            "names": names,
            "after": after,
        }
        script = Path(__file__).with_name("killed_webroot_client.py")
        done = subprocess.run(
            [sys.executable, script, json.dumps(arguments)], capture_output=True, text=True, check=False
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.stdout.strip() if done.returncode else None

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """A client with the folder's account."""
        key = self.storage.key(self.storage.account_key)
        async with connect(self.ca.directory_url, key, trust=self.ca.trust) as client:
            yield client

    async def begin(self, *names: str) -> Order:
        """An order that nobody works on, on record."""
        async with self.client() as client:
            await client.new_account(terms_agreed=True)
            begun = await client.new_order([Identifier.of(name) for name in names])
            self.storage.write_order(OrderRecord(self.ca.directory_url, frozenset(names), begun.url))
            return begun

    async def begin_and_present(self, *names: str) -> None:
        """The same with its proofs shown, and the CA not told yet."""
        begun = await self.begin(*names)
        solver = acme_clean_up.webroot(self.webroot, self.storage)
        async with self.client() as client:
            await client.find_account()
            for url in begun.authorizations:
                opened = await client.authorization(url)
                await solver.present(client.prove(opened.challenge(Type.HTTP_01), opened.identifier))

    async def make_valid(self, begun: Order) -> None:
        """Prove all names of an order."""
        async with self.client() as client:
            await client.find_account()
            await authorize(client, begun, Type.HTTP_01, Webroot(self.webroot), PollingPolicy())

    async def authorizations(self) -> list[authorization.Status]:
        """The states of all authorizations of all orders of the account; none if there is no account yet."""
        async with self.client() as client:
            try:
                urls = [url async for url in client.orders(await client.find_account())]
            except ProblemError:
                return []
            orders = [await client.order(url) for url in urls]
            return [(await client.authorization(url)).status for one in orders for url in one.authorizations]

    @property
    def proofs(self) -> list[Path]:
        """What the web server shows."""
        return [path for path in self.webroot.rglob("*") if path.is_file()]


@pytest.fixture
def desk(ca: pebble.Pebble, webroot: Path, tmp_path: Path) -> Desk:
    return Desk(ca, Storage(tmp_path / "kept"), webroot)


def deactivations(exchanges: list[Exchange]) -> list[str]:
    return [one.url for one in exchanges if one.message and one.message.payload == {"status": "deactivated"}]


async def test_wherever_a_client_was_killed_no_proof_and_nothing_pending_stays(desk: Desk) -> None:
    died_at = []
    for count in range(1, MOST_POINTS):
        one = replace(desk, storage=Storage(desk.storage.folder / str(count)))
        last = one.die_while_obtaining(count, "a.example.test", "b.example.test")
        if last is None:
            break
        died_at.append(last)
        shown_before = one.proofs
        said = await one.clean_up()
        assert len([line for line in said if line.startswith("Taken back: ")]) == len(shown_before), said
        assert (one.proofs, one.storage.challenges.exists()) == ([], False), f"killed after {last}"
        assert authorization.Status.PENDING not in await one.authorizations(), f"killed after {last}"
        again: list[Exchange] = []
        assert not [line for line in await one.clean_up(again.append) if line.startswith("Taken back")]
        assert deactivations(again) == []
    assert {"dir", "nonce-plz", "sign-me-up", "order-plz", "authZ", "chalZ"} <= set(died_at)


async def test_a_clean_up_that_dies_anywhere_goes_on(desk: Desk) -> None:
    for count in range(1, MOST_POINTS):
        one = replace(desk, storage=Storage(desk.storage.folder / str(count)))
        await one.begin_and_present("a.example.test", "b.example.test")
        points = Points(count)
        try:
            with points.with_files():
                await one.clean_up(points, deactivate_valid=True)
        except DiedError:
            await one.clean_up(deactivate_valid=True)
        assert (one.proofs, one.storage.challenges.exists(), one.storage.order.exists()) == ([], False, False)
        assert LIVE.isdisjoint(await one.authorizations())
        if points.passed < count:
            break
    assert points.passed < count  # the last one came to its end
    assert count > 10


async def test_an_order_that_is_pending_is_over_after_that(desk: Desk) -> None:
    begun = await desk.begin("a.example.test", "b.example.test")
    wire: list[Exchange] = []
    said = await desk.clean_up(wire.append)
    assert set(deactivations(wire)) == set(begun.authorizations)
    assert said == [f"The order {begun.url} is invalid: nothing can come of it.", "Nothing is left behind."]
    assert not desk.storage.order.exists()
    assert await desk.clean_up() == ["Nothing is left behind."]


async def test_an_order_that_nobody_wrote_down_is_found_by_the_account(desk: Desk) -> None:
    begun = await desk.begin("a.example.test")
    desk.storage.order.unlink()
    assert f"The order {begun.url} is invalid: nothing can come of it." in await desk.clean_up()
    assert await desk.authorizations() == []  # Pebble lists no invalid orders


async def test_what_is_valid_stays_unless_that_is_to_be_given_up_too(desk: Desk) -> None:
    begun = await desk.begin("a.example.test")
    await desk.make_valid(begun)
    for _ in range(2):
        assert await desk.clean_up() == [
            "The authorization for a.example.test is valid, and stays: it spares the next order a proof.",
            f"The order {begun.url} is ready, and stays.",
        ]
        assert desk.storage.order.exists()
    await desk.clean_up(deactivate_valid=True)
    assert LIVE.isdisjoint(await desk.authorizations())
    assert not desk.storage.order.exists()


async def test_an_order_with_a_certificate_stays_on_record_whatever_is_given_up(desk: Desk) -> None:
    request = ObtainRequest(desk.ca.directory_url, [Identifier.of("a.example.test")], Type.HTTP_01)
    await obtain(request, desk.storage, Webroot(desk.webroot), print, trust=desk.ca.trust)
    for _ in range(2):
        said = await desk.clean_up(deactivate_valid=True)
        assert said[-1].endswith("has led to a certificate, and stays: revoking takes that back.")
        assert desk.storage.order.exists()
    async with desk.client() as client:
        await client.find_account()
        begun = await client.order(json.loads(desk.storage.order.read_bytes())["order"])
        assert (await client.authorization(begun.authorizations[0])).status is authorization.Status.DEACTIVATED


async def test_a_name_that_is_pending_beside_one_that_failed_is_given_back(desk: Desk) -> None:
    begun = await desk.begin("a.example.test", "b.example.test")
    async with desk.client() as client:
        await client.find_account()
        opened = await client.authorization(begun.authorizations[0])
        await client.respond(opened.challenge(Type.HTTP_01))  # and nothing is shown
        with pytest.raises(OrderFailedError):
            await issue(client, replace(begun, authorizations=(opened.url,)), keys.generate(), Type.HTTP_01, Nobody())
        wire: list[Exchange] = []
        await desk.clean_up(wire.append)
        assert deactivations(wire) == [begun.authorizations[1]]
        assert (await client.authorization(opened.url)).status is authorization.Status.INVALID


class Nobody:
    async def present(self, _: object) -> None:
        """Show nothing."""

    async def clean_up(self, _: object) -> None:
        """Nothing is there."""


async def test_what_the_ca_finds_just_now_is_waited_for(ca: pebble.Pebble, tmp_path: Path) -> None:
    let, said, wire = asyncio.Event(), [], list[Exchange]()

    async def answer(_: web.BaseRequest) -> web.Response:
        await let.wait()
        return web.Response(status=404)

    def report(sentence: str) -> None:
        said.append(sentence)
        let.set()

    desk = Desk(ca, Storage(tmp_path), tmp_path)
    begun = await desk.begin("a.example.test")
    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", ca.http_port).start()
        async with desk.client() as client:
            await client.find_account()
            opened = await client.authorization(begun.authorizations[0])
            await client.respond(opened.challenge(Type.HTTP_01))
        await clean_up_folder(
            desk.storage, ca.directory_url, lambda _: Nobody(), report, trust=ca.trust, on_exchange=wire.append
        )
    finally:
        await runner.cleanup()
    assert deactivations(wire) == []  # it has found nothing, and that is final
    assert said == [
        "The CA is looking for the proof of a.example.test just now; that has to end first.",
        f"The order {begun.url} is invalid: nothing can come of it.",
        "Nothing is left behind.",
    ]


async def test_a_ca_that_has_forgotten_the_account_or_the_order_has_nothing_left(tmp_path: Path) -> None:
    with pebble.serve() as ca:
        desk = Desk(ca, Storage(tmp_path), tmp_path)
        begun = await desk.begin("a.example.test")
        ca.restart()
        assert await desk.clean_up() == ["The CA knows no account of this key.", "Nothing is left behind."]
        record = OrderRecord(ca.directory_url, frozenset(), begun.url)
        desk.storage.write_order(record)
        async with desk.client() as client:
            await client.new_account(terms_agreed=True)
        assert (await desk.clean_up())[0].startswith(f"The CA gives the order {begun.url} no more: ")
    assert not desk.storage.order.exists()


async def test_an_account_that_is_deactivated_has_nothing_left(desk: Desk) -> None:
    await desk.begin("a.example.test")
    async with desk.client() as client:
        await client.find_account()
        await client.deactivate_account()
    said = await desk.clean_up()
    assert said[0].startswith("The CA lets this account do nothing any more: ")
    assert said[1:] == ["Nothing is left behind."]


async def test_a_folder_in_which_nothing_was_begun_has_nothing_left(desk: Desk) -> None:
    said = await desk.clean_up()
    assert said == [f"There is no {desk.storage.account_key}: no account, so nothing is left at a CA."]
    assert not desk.storage.folder.exists()


async def test_proofs_are_taken_back_also_when_the_ca_is_away(tmp_path: Path) -> None:
    webroot, storage = tmp_path / "www", Storage(tmp_path / "kept")
    with pebble.serve() as ca:
        desk = Desk(ca, storage, webroot)
        await desk.begin_and_present("a.example.test")
        trust = ca.trust
    assert len(desk.proofs) == 1
    with pytest.raises(AcmeError, match="Cannot connect"):
        await clean_up_folder(storage, ca.directory_url, lambda shown: Webroot(Path(shown.where)), print, trust=trust)
    assert (desk.proofs, storage.challenges.exists(), storage.order.exists()) == ([], False, True)


async def test_while_a_proof_can_t_be_taken_back_the_ca_isn_t_asked(desk: Desk) -> None:
    class Stuck(Nobody):
        async def clean_up(self, _: object) -> None:
            raise SolverError("stuck")

    await desk.begin_and_present("a.example.test")
    with pytest.raises(SolverError, match="stuck"):
        await clean_up_folder(desk.storage, desk.ca.directory_url, lambda _: Stuck(), print, trust=desk.ca.trust)
    assert await desk.authorizations() == [authorization.Status.PENDING]
    assert desk.storage.challenges.exists()


async def test_an_order_of_another_directory_is_left_alone(desk: Desk) -> None:
    await desk.begin("a.example.test")
    desk.storage.write_order(OrderRecord("https://ca.invalid/dir", frozenset(), "https://ca.invalid/order/1"))
    with pytest.raises(AcmeError, match=r"is of another directory: https://ca\.invalid/dir\nClean up there first"):
        await desk.clean_up()


async def test_an_order_without_the_key_of_its_account_is_named(desk: Desk) -> None:
    begun = await desk.begin("a.example.test")
    desk.storage.account_key.unlink()
    with pytest.raises(AcmeError, match="Put the key back") as caught:
        await desk.clean_up()
    assert begun.url in str(caught.value)
    assert desk.storage.order.exists()


async def test_a_record_that_is_none_leaves_the_list_of_the_ca(desk: Desk) -> None:
    begun = await desk.begin("a.example.test")
    desk.storage.order.write_text("{")
    said = await desk.clean_up()
    assert (
        said[0]
        == f"{desk.storage.order} holds something else than an order; only the CA's list can tell which there are."
    )
    assert said[1:] == [f"The order {begun.url} is invalid: nothing can come of it.", "Nothing is left behind."]


class TestAtACAThatBreaksTheRules:
    @pytest.fixture
    async def begun(self, fake_ca: FakeCA, tmp_path: Path) -> Storage:
        storage = Storage(tmp_path)
        storage.key(storage.account_key)
        storage.write_order(OrderRecord(fake_ca.directory_url, frozenset({"a.test"}), f"{fake_ca.base}/order"))
        fake_ca.names = [{"type": "dns", "value": "a.test"}]
        return storage

    async def clean_up(self, fake_ca: FakeCA, trust: ssl.SSLContext, storage: Storage) -> list[str]:
        said: list[str] = []
        await clean_up_folder(storage, fake_ca.directory_url, lambda _: Nobody(), said.append, trust=trust)
        return said

    async def test_a_list_that_can_t_be_read_is_said_and_the_rest_is_done(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, begun: Storage
    ) -> None:
        fake_ca.alter["account"] = lambda reply: reply.with_members(orders=f"{fake_ca.base}/orders")
        fake_ca.alter["orders"] = lambda reply: reply.problem(404)
        said = await self.clean_up(fake_ca, trust, begun)
        assert said[0].startswith("The CA's list of orders can't be read: ")
        assert fake_ca.requested.count("authorization") == 2  # read, then deactivated

    async def test_a_certificate_on_its_way_is_waited_for_and_its_order_stays_on_record(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, begun: Storage
    ) -> None:
        fake_ca.status = "valid"

        def issuing_at_first(reply: Reply) -> Reply:
            return reply.with_members(status="processing", certificate=None) if len(looks()) == 1 else reply

        def looks() -> list[str]:
            return [resource for resource in fake_ca.requested if resource == "order"]

        fake_ca.alter["order"] = issuing_at_first
        assert await self.clean_up(fake_ca, trust, begun) == [
            "The CA keeps no list of orders: the one on record, if any, is all that can be found.",
            "The CA is issuing for a.test just now; that has to end first.",
            f"The order {fake_ca.base}/order has led to a certificate, and stays: revoking takes that back.",
        ]
        assert begun.order.exists()

    async def test_a_deactivation_that_is_refused_leaves_the_record(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, begun: Storage
    ) -> None:
        def refuse_the_second(reply: Reply) -> Reply:
            if fake_ca.requested.count("authorization") == 1:
                return reply
            return reply.problem(400, type="urn:ietf:params:acme:error:malformed")

        fake_ca.alter["authorization"] = refuse_the_second
        with pytest.raises(ProblemError, match="malformed"):
            await self.clean_up(fake_ca, trust, begun)
        assert begun.order.exists()

    async def test_trouble_of_the_ca_isn_t_taken_for_an_order_that_is_gone(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, begun: Storage
    ) -> None:
        fake_ca.alter["order"] = lambda reply: reply.problem(500, type="urn:ietf:params:acme:error:serverInternal")
        with pytest.raises(ProblemError, match="serverInternal"):
            await self.clean_up(fake_ca, trust, begun)
        assert begun.order.exists()

    async def test_an_authorization_that_is_gone_is_no_error(
        self, fake_ca: FakeCA, trust: ssl.SSLContext, begun: Storage
    ) -> None:
        fake_ca.alter["authorization"] = lambda reply: reply.problem(404, detail="unknown")
        fake_ca.alter["order"] = lambda reply: reply.with_members(status="invalid")
        said = await self.clean_up(fake_ca, trust, begun)
        assert said[1] == f"The CA gives the authorization {fake_ca.base}/authorization no more: unknown"
        assert not begun.order.exists()


class TestDeactivation:
    """What section 7.5.2 demands of the CA."""

    async def test_a_stranger_deactivates_nothing(self, applicant: Applicant, ca: pebble.Pebble) -> None:
        begun = await applicant.client.new_order([Identifier.of("mine.example.test")])
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as stranger:
            await stranger.new_account(terms_agreed=True)
            with pytest.raises(ProblemError, match="unauthorized"):
                await stranger.deactivate_authorization(begun.authorizations[0])
        assert (await applicant.client.authorization(begun.authorizations[0])).status is authorization.Status.PENDING

    async def test_a_deactivated_authorization_is_not_enough_for_a_certificate(self, applicant: Applicant) -> None:
        client = applicant.client
        begun = await client.new_order([Identifier.of("given-up.example.test")])
        await authorize(client, begun, Type.HTTP_01, applicant.http, PollingPolicy())
        assert (await client.order(begun.url)).status is Status.READY
        await client.deactivate_authorization(begun.authorizations[0])
        with pytest.raises(ProblemError, match="orderNotReady"):
            await client.finalize(begun, requests.create(keys.generate(), alt_names(begun.identifiers)))

    async def test_a_deactivated_authorization_is_not_reused(self, apply_at: Apply) -> None:
        with pebble.serve(pebble.Options(authorization_reuse=100)) as reusing:
            applicant = await apply_at(reusing)
            names = [Identifier.of("again.example.test")]
            first = await applicant.client.new_order(names)
            await authorize(applicant.client, first, Type.HTTP_01, applicant.http, PollingPolicy())
            assert (await applicant.client.new_order(names)).status is Status.READY
            await applicant.client.deactivate_authorization(first.authorizations[0])
            later = await applicant.client.new_order(names)
        assert later.status is Status.PENDING
        assert later.authorizations != first.authorizations
