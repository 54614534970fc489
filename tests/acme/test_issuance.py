"""Certificates from a real ACME server: every way of RFC 8555 that the client goes."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby, pairwise
from unittest.mock import ANY

import aiohttp
import pytest
from aiohttp import web

from certmanager.acme import account, http01
from certmanager.acme.account import ExternalAccount
from certmanager.acme.authorization import Status as AuthorizationStatus
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Proof, Type
from certmanager.acme.client import connect
from certmanager.acme.clock import SystemClock
from certmanager.acme.errors import AcmeError, NoChallengeError, OrderFailedError
from certmanager.acme.exchange import Exchange
from certmanager.acme.identifier import Identifier, alt_names
from certmanager.acme.issuance import issue
from certmanager.acme.open_orders import find_open_order
from certmanager.acme.order import Status
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.acme.revocation import Reason
from certmanager.pki import keys, requests
from certmanager.pki.names import AltNames
from tests.acme.conftest import Applicant, Apply
from workshop import pebble

MAC_KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture(scope="module")
def demanding() -> Iterator[pebble.Pebble]:
    with pebble.serve(pebble.Options(external_accounts={"kid-1": MAC_KEY})) as running:
        yield running


@pytest.fixture(scope="module")
def many_rooted() -> Iterator[pebble.Pebble]:
    with pebble.serve(pebble.Options(alternate_roots=2, chain_length=2)) as running:
        yield running


def resource(exchange: Exchange) -> str:
    """Which of Pebble's resources was asked."""
    return exchange.url.split("/")[3]


def status_in(exchange: Exchange) -> str | None:
    """The status of the resource in a reply; a certificate has none."""
    return str(json.loads(exchange.received)["status"]) if exchange.received.startswith(b"{") else None


def names_in(chain: Chain) -> AltNames:
    return AltNames.of(chain.leaf)


async def test_a_name_is_certified_by_http_01(applicant: Applicant) -> None:
    chain = await applicant.issue("one.example.test")
    assert names_in(chain).dns_names == {"one.example.test"}
    assert len(chain.certificates) == 2


@pytest.mark.parametrize("algorithm", [keys.Algorithm.RSA, keys.Algorithm.ECDSA])
async def test_the_certificate_is_for_the_key_of_the_request(applicant: Applicant, algorithm: keys.Algorithm) -> None:
    key = keys.generate(algorithm)
    chain = await applicant.issue("key.example.test", key=key)
    assert keys.same_public_key(chain.leaf.public_key(), key.public_key())


@pytest.mark.parametrize(
    ("algorithm", "size"), [("RSA", 2048), ("ECDSA", 256), ("ECDSA", 384), ("ECDSA", 521)], ids=str
)
async def test_an_account_may_have_any_key_that_josepy_signs_with(ca: pebble.Pebble, algorithm: str, size: int) -> None:
    key = keys.generate(keys.Algorithm(algorithm), size)
    async with connect(ca.directory_url, key, trust=ca.trust) as client:
        assert (await client.new_account(terms_agreed=True)).status is account.Status.VALID


async def test_an_issuance_takes_the_fewest_requests_that_the_rfc_allows(applicant: Applicant) -> None:
    """7 with a CA that validates and issues asynchronously, as Pebble; more only while a resource isn't decided."""
    before = len(applicant.wire)
    await applicant.issue("few.example.test")
    steps = [(resource(exchange), status_in(exchange)) for exchange in applicant.wire[before:]]
    assert [step for step, _ in groupby(steps)] == [
        ("order-plz", "pending"),
        ("authZ", "pending"),
        ("chalZ", ANY),
        *([("authZ", "pending")] if steps[3][1] == "pending" else []),
        ("authZ", "valid"),
        ("finalize-order", "processing"),
        *([("my-order", "processing")] if ("my-order", "processing") in steps else []),
        ("my-order", "valid"),
        ("certZ", None),
    ]
    assert [steps.count(step) for step in (("authZ", "valid"), ("my-order", "valid"))] == [1, 1]


async def test_no_request_but_the_first_asks_for_a_nonce(applicant: Applicant) -> None:
    await applicant.issue("nonce.example.test")
    await applicant.issue("nonce2.example.test")
    assert [exchange.method for exchange in applicant.wire].count("HEAD") == 1


async def test_a_wildcard_and_its_apex_are_certified_by_dns_01(applicant: Applicant) -> None:
    chain = await applicant.issue_by_dns("*.wild.example.test", "wild.example.test")
    assert names_in(chain).dns_names == {"*.wild.example.test", "wild.example.test"}


async def test_http_01_is_not_offered_for_a_wildcard(applicant: Applicant) -> None:
    with pytest.raises(NoChallengeError, match=r"doesn't offer http-01 for \*\.example\.test; it offers .*dns-01"):
        await applicant.issue("*.example.test")


async def test_an_ip_address_is_certified_and_named_beside_a_name(applicant: Applicant) -> None:
    chain = await applicant.issue("127.0.0.1", "ip.example.test")
    assert names_in(chain) == alt_names([Identifier.of("127.0.0.1"), Identifier.of("ip.example.test")])


async def test_fifty_names_fit_into_one_order(applicant: Applicant) -> None:
    names = [f"n{number}.example.test" for number in range(50)]
    assert names_in(await applicant.issue(*names)).dns_names == set(names)


async def test_the_proof_is_taken_back_in_any_case(applicant: Applicant) -> None:
    await applicant.issue("clean.example.test")
    await applicant.ca.dns.set_servfail("servfail1.example.test")
    with pytest.raises(OrderFailedError):
        await applicant.issue("clean.example.test", "servfail1.example.test")
    paths = set(applicant.validated)
    assert len(paths) == 2
    async with aiohttp.ClientSession(f"http://127.0.0.1:{applicant.ca.http_port}") as stranger:
        for path in paths:
            async with stranger.get(path) as response:
                assert response.status == 404


class TestFailedValidation:
    async def test_a_name_that_leads_elsewhere_fails_with_the_ca_s_reason(self, applicant: Applicant) -> None:
        await applicant.ca.dns.set_address("elsewhere.example.test", "127.0.0.2")
        with pytest.raises(
            OrderFailedError, match=r"elsewhere\.example\.test: .* is invalid\nhttp-01: connection: .*127"
        ):
            await applicant.issue("elsewhere.example.test")

    async def test_a_name_that_dns_fails_on_fails_with_the_ca_s_reason(self, applicant: Applicant) -> None:
        await applicant.ca.dns.set_servfail("servfail.example.test")
        with pytest.raises(OrderFailedError, match=r"connection: .*\n.*make a new order"):
            await applicant.issue("servfail.example.test")

    async def test_a_wrong_answer_fails_with_the_ca_s_reason(self, applicant: Applicant) -> None:
        class Liar:
            async def present(self, proof: Proof) -> None:
                await applicant.http.present(replace(proof, key_authorization="something else"))

            async def clean_up(self, proof: Proof) -> None:
                await applicant.http.clean_up(proof)

        order = await applicant.client.new_order([Identifier.of("liar.example.test")])
        with pytest.raises(OrderFailedError, match="unauthorized"):
            await issue(applicant.client, order, keys.generate(), Type.HTTP_01, Liar())
        again = await applicant.client.order(order.url)
        assert again.status is Status.INVALID
        with pytest.raises(OrderFailedError, match="unauthorized"):  # the same order, taken up later
            await issue(applicant.client, again, keys.generate(), Type.HTTP_01, applicant.http)

    async def test_a_blocked_name_is_refused_and_said_to_be(self, applicant: Applicant) -> None:
        with pytest.raises(ProblemError) as caught:
            await applicant.issue("fine.example.test", "blocked-domain.example")
        problem = caught.value.problem
        assert problem.type == "rejectedIdentifier"
        assert [sub.identifier for sub in problem.subproblems] == [Identifier.of("blocked-domain.example")]
        assert "RFC 8555 section 7.4" in str(caught.value)
        assert not caught.value.retryable

    async def test_finalizing_too_early_is_refused(self, applicant: Applicant) -> None:
        order = await applicant.client.new_order([Identifier.of("early.example.test")])
        with pytest.raises(ProblemError) as caught:
            await applicant.client.finalize(order, requests.create(keys.generate(), alt_names(order.identifiers)))
        assert caught.value.problem.type == "orderNotReady"


class TestAccounts:
    async def test_registering_twice_finds_the_same_account(self, applicant: Applicant) -> None:
        again = await applicant.client.new_account(terms_agreed=True)
        assert again.url == applicant.client.account_url

    async def test_an_account_is_found_by_its_key(self, ca: pebble.Pebble) -> None:
        key = keys.generate()
        async with connect(ca.directory_url, key, trust=ca.trust) as client:
            registered = await client.new_account(["mailto:a@example.test"], terms_agreed=True)
        async with connect(ca.directory_url, key, trust=ca.trust) as client:
            same = await client.find_account()
        assert (same.url, same.contact) == (registered.url, ("mailto:a@example.test",))

    async def test_finding_creates_no_account(self, ca: pebble.Pebble) -> None:
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
            for _ in range(2):
                with pytest.raises(ProblemError) as caught:
                    await client.find_account()
                assert caught.value.problem.type == "accountDoesNotExist"

    async def test_contacts_are_replaced(self, applicant: Applicant) -> None:
        updated = await applicant.client.update_account(["mailto:b@example.test"])
        assert updated.contact == ("mailto:b@example.test",)
        assert (await applicant.client.find_account()).contact == updated.contact

    async def test_without_agreement_the_ca_registers_nobody(self, ca: pebble.Pebble) -> None:
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
            with pytest.raises(ProblemError, match="userActionRequired"):
                await client.new_account(terms_agreed=False)

    async def test_without_an_account_the_client_says_what_to_call(self, ca: pebble.Pebble) -> None:
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
            with pytest.raises(AcmeError, match="call new_account or find_account first"):
                await client.new_order([Identifier.of("a.example.test")])

    async def test_a_deactivated_account_may_do_nothing_more(self, applicant: Applicant) -> None:
        assert (await applicant.client.deactivate_account()).status is account.Status.DEACTIVATED
        with pytest.raises(ProblemError, match="unauthorized"):
            await applicant.issue("late.example.test")
        with pytest.raises(ProblemError, match="unauthorized"):
            await applicant.client.new_account(terms_agreed=True)


class TestExternalAccounts:
    async def test_the_right_mac_key_is_let_in(self, demanding: pebble.Pebble) -> None:
        external = ExternalAccount("kid-1", MAC_KEY)
        async with connect(demanding.directory_url, keys.generate(), trust=demanding.trust) as client:
            assert client.directory.external_account_required
            registered = await client.new_account(terms_agreed=True, external=external)
        assert registered.status is account.Status.VALID

    @pytest.mark.parametrize(
        ("external", "refusal"),
        [
            (None, "externalAccountRequired"),
            (ExternalAccount("kid-1", b"wrong" * 8), "unauthorized"),
            (ExternalAccount("kid-2", MAC_KEY), "unauthorized"),
        ],
        ids=["none", "wrong key", "unknown id"],
    )
    async def test_nobody_else_is(
        self, demanding: pebble.Pebble, external: ExternalAccount | None, refusal: str
    ) -> None:
        async with connect(demanding.directory_url, keys.generate(), trust=demanding.trust) as client:
            with pytest.raises(ProblemError) as caught:
                await client.new_account(terms_agreed=True, external=external)
        assert caught.value.problem.type == refusal


class TestAlternateChains:
    async def test_each_root_can_be_preferred(self, many_rooted: pebble.Pebble, apply_at: Apply) -> None:
        applicant = await apply_at(many_rooted)
        wanted = [root.subject.rfc4514_string().removeprefix("CN=") for root in applicant.roots]
        got = [await applicant.issue(f"r{n}.example.test", preferred_chain=name) for n, name in enumerate(wanted)]
        assert [chain.top for chain in got] == wanted
        assert {len(chain.certificates) for chain in got} == {3}

    async def test_a_root_that_is_not_offered_leaves_the_default(
        self, many_rooted: pebble.Pebble, apply_at: Apply
    ) -> None:
        applicant = await apply_at(many_rooted)
        chain = await applicant.issue("other.example.test", preferred_chain="Some Other Root")
        assert chain.top == applicant.roots[0].subject.rfc4514_string().removeprefix("CN=")


class TestAuthorizations:
    async def test_with_reuse_a_second_order_needs_no_proof(self, apply_at: Apply) -> None:
        with pebble.serve(pebble.Options(authorization_reuse=100)) as ca:
            applicant = await apply_at(ca)
            await applicant.issue("reuse.example.test")
            before = len(applicant.wire)
            await applicant.issue("reuse.example.test")
            paths = [resource(exchange) for exchange in applicant.wire[before:]]
        assert paths[:2] == ["order-plz", "finalize-order"]
        assert not {"authZ", "chalZ"} & set(paths)

    async def test_with_reuse_a_new_name_is_proved_beside_an_old_one(self, apply_at: Apply) -> None:
        with pebble.serve(pebble.Options(authorization_reuse=100)) as ca:
            applicant = await apply_at(ca)
            await applicant.issue("old.example.test")
            before = len(applicant.wire)
            await applicant.issue("old.example.test", "new.example.test")
            challenged = [exchange for exchange in applicant.wire[before:] if resource(exchange) == "chalZ"]
        assert len(challenged) == 1

    async def test_a_deactivated_authorization_fails_its_order(self, applicant: Applicant) -> None:
        order = await applicant.client.new_order([Identifier.of("given-up.example.test")])
        given_up = await applicant.client.deactivate_authorization(order.authorizations[0])
        assert given_up.status is AuthorizationStatus.DEACTIVATED
        with pytest.raises(OrderFailedError, match="is deactivated"):
            await issue(applicant.client, order, keys.generate(), Type.HTTP_01, applicant.http)


class SlowServer(http01.Http01Server):
    """It answers the CA only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = asyncio.Event()

    async def answer(self, request: web.BaseRequest) -> web.Response:
        await self.let.wait()
        return await super().answer(request)


class RecordingClock(SystemClock):
    def __init__(self, events: list[Exchange | float]) -> None:
        self.events = events

    async def sleep(self, seconds: float) -> None:
        self.events.append(seconds)
        await super().sleep(seconds)


class TestSlowCA:
    async def test_a_validation_that_takes_several_looks_is_waited_for(self, ca: pebble.Pebble) -> None:
        server, statuses = SlowServer(), []

        def count_looks(exchange: Exchange) -> None:
            if resource(exchange) == "authZ":
                statuses.append(status_in(exchange))
            if len(statuses) == 4:  # the first was read before the CA was asked to look
                server.let.set()

        runner = web.ServerRunner(web.Server(server.answer, access_log=None))
        await runner.setup()
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust, on_exchange=count_looks) as client:
            try:
                await web.TCPSite(runner, "127.0.0.1", ca.http_port).start()
                await client.new_account(terms_agreed=True)
                order = await client.new_order([Identifier.of("slow.example.test")])
                await issue(client, order, keys.generate(), Type.HTTP_01, server, roots=ca.roots())
            finally:
                await runner.cleanup()
        assert statuses[:4] == ["pending"] * 4
        assert statuses[-1] == "valid"

    async def test_a_wait_that_the_ca_asks_for_is_kept(self) -> None:
        events: list[Exchange | float] = []
        with pebble.serve(pebble.Options(retry_after=1)) as ca:
            async with (
                http01.serve("127.0.0.1", ca.http_port) as http,
                connect(
                    *(ca.directory_url, keys.generate()),
                    trust=ca.trust,
                    on_exchange=events.append,
                    clock=RecordingClock(events),
                ) as client,
            ):
                await client.new_account(terms_agreed=True)
                order = await client.new_order([Identifier.of("wait.example.test")])
                await issue(client, order, keys.generate(), Type.HTTP_01, http)
        asked = {
            seconds: header
            for before, seconds in pairwise(events)
            if isinstance(before, Exchange) and isinstance(seconds, float)
            if (header := dict(before.headers).get("Retry-After"))
        }
        assert asked  # after finalize at least
        for seconds, header in asked.items():
            assert seconds == 1 if header == "1" else 0 <= seconds <= 1
            assert seconds != PollingPolicy().initial


class TestRevocation:
    async def test_an_account_revokes_its_certificate(self, applicant: Applicant) -> None:
        chain = await applicant.issue("revoke.example.test")
        await applicant.client.revoke(chain.leaf, Reason.SUPERSEDED)
        status = json.loads(applicant.ca.get_management(f"/cert-status-by-serial/{chain.leaf.serial_number:x}"))
        assert (status["Status"], status["Reason"]) == ("Revoked", Reason.SUPERSEDED)

    async def test_the_certificate_s_own_key_revokes_it_without_an_account(self, applicant: Applicant) -> None:
        key = keys.generate()
        chain = await applicant.issue("revoke2.example.test", key=key)
        async with connect(applicant.ca.directory_url, keys.generate(), trust=applicant.ca.trust) as nobody:
            await nobody.revoke(chain.leaf, key=key)
        status = json.loads(applicant.ca.get_management(f"/cert-status-by-serial/{chain.leaf.serial_number:x}"))
        assert status["Status"] == "Revoked"

    async def test_a_stranger_revokes_nothing(self, applicant: Applicant) -> None:
        chain = await applicant.issue("mine.example.test")
        async with connect(applicant.ca.directory_url, keys.generate(), trust=applicant.ca.trust) as stranger:
            await stranger.new_account(terms_agreed=True)
            with pytest.raises(ProblemError, match="unauthorized"):
                await stranger.revoke(chain.leaf)
            with pytest.raises(ProblemError, match="unauthorized"):
                await stranger.revoke(chain.leaf, key=keys.generate())

    async def test_revoking_twice_is_said_to_be_done(self, applicant: Applicant) -> None:
        chain = await applicant.issue("twice.example.test")
        await applicant.client.revoke(chain.leaf)
        with pytest.raises(ProblemError, match=r"alreadyRevoked.*\n.*Nothing is left to do"):
            await applicant.client.revoke(chain.leaf)


class TestRestartedCA:
    async def test_an_empty_database_is_said_to_be_one_and_registering_again_helps(self, apply_at: Apply) -> None:
        with pebble.serve() as ca:
            before = await apply_at(ca)
            order = await before.client.new_order([Identifier.of("lost.example.test")])
            ca.restart()
            key, known_as = keys.generate(), before.client.account_url
            async with connect(ca.directory_url, key, account_url=known_as, trust=ca.trust) as client:
                with pytest.raises(ProblemError) as caught:
                    await client.new_order([Identifier.of("after.example.test")])
                assert caught.value.problem.type == "accountDoesNotExist"
                assert "register its key again" in str(caught.value)
                await client.new_account(terms_agreed=True)
                after = await client.new_order([Identifier.of("after.example.test")])
                await issue(client, after, keys.generate(), Type.HTTP_01, before.http, roots=ca.roots())
                with pytest.raises(ProblemError) as caught:
                    await client.order(order.url)
                assert caught.value.problem.status == 404


async def test_an_open_order_is_found_by_the_account_alone(applicant: Applicant) -> None:
    names = [Identifier.of("open.example.test")]
    for number in range(4):  # more than a page of the list
        await applicant.issue(f"page{number}.example.test")
    begun = await applicant.client.new_order(names)
    owner = await applicant.client.find_account()
    listed = await find_open_order(applicant.client, owner, names)
    assert listed is not None
    assert listed.url == begun.url
    assert await find_open_order(applicant.client, owner, [Identifier.of("page0.example.test")]) is None
