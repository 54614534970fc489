"""Certificates from a real ACME server: every way of RFC 8555 that the client goes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from certmanager.acme import account
from certmanager.acme.account import ExternalAccount
from certmanager.acme.authorization import Status as AuthorizationStatus
from certmanager.acme.challenge import Type
from certmanager.acme.client import connect
from certmanager.acme.errors import AcmeError, NoChallengeError, OrderFailedError
from certmanager.acme.identifier import Identifier, alt_names
from certmanager.acme.issuance import find_open_order, issue
from certmanager.acme.order import Status
from certmanager.acme.problem import ProblemError
from certmanager.acme.revocation import Reason
from certmanager.pki import keys, requests
from certmanager.pki.names import AltNames, Subject
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


def names_in(chain: Any) -> AltNames:
    return AltNames.of(chain.leaf)


async def test_a_name_is_certified_by_http_01(applicant):
    chain = await applicant.issue("one.example.test")
    assert names_in(chain).dns_names == {"one.example.test"}
    assert len(chain.certificates) == 2


@pytest.mark.parametrize("algorithm", [keys.Algorithm.RSA, keys.Algorithm.ECDSA])
async def test_the_certificate_is_for_the_key_of_the_request(applicant, algorithm):
    key = keys.generate(algorithm)
    chain = await applicant.issue("key.example.test", key=key)
    assert keys.same_public_key(chain.leaf.public_key(), key.public_key())


@pytest.mark.parametrize(
    ("algorithm", "size"), [("RSA", 2048), ("ECDSA", 256), ("ECDSA", 384), ("ECDSA", 521)], ids=str
)
async def test_an_account_may_have_any_key_that_josepy_signs_with(ca, algorithm, size):
    key = keys.generate(keys.Algorithm(algorithm), size)
    async with connect(ca.directory_url, key, trust=ca.trust) as client:
        assert (await client.new_account(terms_agreed=True)).status is account.Status.VALID


async def test_an_issuance_takes_the_fewest_requests_that_the_rfc_allows_where_the_ca_answers_at_once(applicant):
    """7 with a CA that validates and issues asynchronously, as Pebble; validation may take one look more."""
    before = len(applicant.wire)
    await applicant.issue("few.example.test")
    paths = [exchange.url.split("/")[3] for exchange in applicant.wire[before:]]
    once = [path for index, path in enumerate(paths) if path not in paths[:index]]
    assert once == ["order-plz", "authZ", "chalZ", "finalize-order", "my-order", "certZ"]
    assert [paths.count(path) for path in ("order-plz", "chalZ", "finalize-order", "certZ")] == [1, 1, 1, 1]
    assert all(exchange.status < 300 for exchange in applicant.wire)


async def test_no_request_but_the_first_asks_for_a_nonce(applicant):
    await applicant.issue("nonce.example.test")
    await applicant.issue("nonce2.example.test")
    assert [exchange.method for exchange in applicant.wire].count("HEAD") == 1


async def test_a_wildcard_and_its_apex_are_certified_by_dns_01(applicant):
    chain = await applicant.issue_by_dns("*.wild.example.test", "wild.example.test")
    assert names_in(chain).dns_names == {"*.wild.example.test", "wild.example.test"}


async def test_http_01_is_not_offered_for_a_wildcard(applicant):
    with pytest.raises(NoChallengeError, match=r"doesn't offer http-01 for \*\.example\.test; it offers .*dns-01"):
        await applicant.issue("*.example.test")


async def test_an_ip_address_is_certified_and_named_beside_a_name(applicant):
    chain = await applicant.issue("127.0.0.1", "ip.example.test")
    assert names_in(chain) == alt_names([Identifier.of("127.0.0.1"), Identifier.of("ip.example.test")])


async def test_fifty_names_fit_into_one_order(applicant):
    names = [f"n{number}.example.test" for number in range(50)]
    assert names_in(await applicant.issue(*names)).dns_names == set(names)


async def test_the_proof_is_taken_back_in_any_case(applicant):
    await applicant.issue("clean.example.test")
    await applicant.ca.dns.set_servfail("servfail1.example.test")
    with pytest.raises(OrderFailedError):
        await applicant.issue("clean.example.test", "servfail1.example.test")
    assert applicant.http._bodies == {}


class TestFailedValidation:
    async def test_a_name_that_leads_elsewhere_fails_with_the_ca_s_reason(self, applicant):
        await applicant.ca.dns.set_address("elsewhere.example.test", "127.0.0.2")
        with pytest.raises(
            OrderFailedError, match=r"elsewhere\.example\.test: .* is invalid\nhttp-01: connection: .*127"
        ):
            await applicant.issue("elsewhere.example.test")

    async def test_a_name_that_dns_fails_on_fails_with_the_ca_s_reason(self, applicant):
        await applicant.ca.dns.set_servfail("servfail.example.test")
        with pytest.raises(OrderFailedError, match=r"connection: .*\n.*make a new order"):
            await applicant.issue("servfail.example.test")

    async def test_a_wrong_answer_fails_with_the_ca_s_reason(self, applicant):
        class Liar:
            async def present(self, proof: Any) -> None:
                applicant.http._bodies[proof.http_path] = "something else"

            async def clean_up(self, proof: Any) -> None:
                del applicant.http._bodies[proof.http_path]

        order = await applicant.client.new_order([Identifier.of("liar.example.test")])
        with pytest.raises(OrderFailedError, match="unauthorized"):
            await issue(applicant.client, order, keys.generate(), Type.HTTP_01, Liar())
        again = await applicant.client.order(order.url)
        assert again.status is Status.INVALID
        with pytest.raises(OrderFailedError, match="unauthorized"):  # the same order, taken up later
            await issue(applicant.client, again, keys.generate(), Type.HTTP_01, applicant.http)

    async def test_a_blocked_name_is_refused_and_said_to_be(self, applicant):
        with pytest.raises(ProblemError) as caught:
            await applicant.issue("fine.example.test", "blocked-domain.example")
        problem = caught.value.problem
        assert problem.type == "rejectedIdentifier"
        assert [sub.identifier for sub in problem.subproblems] == [Identifier.of("blocked-domain.example")]
        assert "RFC 8555 section 7.4" in str(caught.value)
        assert not caught.value.retryable

    async def test_finalizing_too_early_is_refused(self, applicant):
        order = await applicant.client.new_order([Identifier.of("early.example.test")])
        with pytest.raises(ProblemError) as caught:
            await applicant.client.finalize(order, requests.create(keys.generate(), alt_names(order.identifiers)))
        assert caught.value.problem.type == "orderNotReady"


class TestAccounts:
    async def test_registering_twice_finds_the_same_account(self, applicant):
        again = await applicant.client.new_account(terms_agreed=True)
        assert again.url == applicant.client.account_url

    async def test_an_account_is_found_by_its_key(self, ca):
        key = keys.generate()
        async with connect(ca.directory_url, key, trust=ca.trust) as client:
            made = await client.new_account(["mailto:a@example.test"], terms_agreed=True)
        async with connect(ca.directory_url, key, trust=ca.trust) as client:
            found = await client.find_account()
        assert (found.url, found.contact) == (made.url, ("mailto:a@example.test",))

    async def test_finding_creates_no_account(self, ca):
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
            for _ in range(2):
                with pytest.raises(ProblemError) as caught:
                    await client.find_account()
                assert caught.value.problem.type == "accountDoesNotExist"

    async def test_contacts_are_replaced(self, applicant):
        updated = await applicant.client.update_account(["mailto:b@example.test"])
        assert updated.contact == ("mailto:b@example.test",)
        assert (await applicant.client.find_account()).contact == updated.contact

    async def test_without_agreement_the_ca_registers_nobody(self, ca):
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
            with pytest.raises(ProblemError, match="userActionRequired"):
                await client.new_account(terms_agreed=False)

    async def test_without_an_account_the_client_says_what_to_call(self, ca):
        async with connect(ca.directory_url, keys.generate(), trust=ca.trust) as client:
            with pytest.raises(AcmeError, match="call new_account or find_account first"):
                await client.new_order([Identifier.of("a.example.test")])

    async def test_a_deactivated_account_may_do_nothing_more(self, applicant):
        assert (await applicant.client.deactivate_account()).status is account.Status.DEACTIVATED
        with pytest.raises(ProblemError, match="unauthorized"):
            await applicant.issue("late.example.test")
        with pytest.raises(ProblemError, match="unauthorized"):
            await applicant.client.new_account(terms_agreed=True)


class TestExternalAccounts:
    async def test_the_right_mac_key_is_let_in(self, demanding):
        external = ExternalAccount("kid-1", MAC_KEY)
        async with connect(demanding.directory_url, keys.generate(), trust=demanding.trust) as client:
            assert client.directory.external_account_required
            made = await client.new_account(terms_agreed=True, external=external)
        assert made.status is account.Status.VALID

    @pytest.mark.parametrize(
        ("external", "type_"),
        [
            (None, "externalAccountRequired"),
            (ExternalAccount("kid-1", b"wrong" * 8), "unauthorized"),
            (ExternalAccount("kid-2", MAC_KEY), "unauthorized"),
        ],
        ids=["none", "wrong key", "unknown id"],
    )
    async def test_nobody_else_is(self, demanding, external, type_):
        async with connect(demanding.directory_url, keys.generate(), trust=demanding.trust) as client:
            with pytest.raises(ProblemError) as caught:
                await client.new_account(terms_agreed=True, external=external)
        assert caught.value.problem.type == type_


class TestAlternateChains:
    async def test_each_root_can_be_preferred(self, many_rooted, apply_at):
        applicant = await apply_at(many_rooted)
        wanted = [root.subject.rfc4514_string().removeprefix("CN=") for root in applicant.roots]
        got = [await applicant.issue(f"r{n}.example.test", preferred_chain=name) for n, name in enumerate(wanted)]
        assert [chain.top for chain in got] == wanted
        assert {len(chain.certificates) for chain in got} == {3}

    async def test_a_root_that_is_not_offered_leaves_the_default(self, many_rooted, apply_at):
        applicant = await apply_at(many_rooted)
        chain = await applicant.issue("other.example.test", preferred_chain="Some Other Root")
        assert chain.top == applicant.roots[0].subject.rfc4514_string().removeprefix("CN=")


class TestAuthorizations:
    async def test_with_reuse_a_second_order_needs_no_proof(self, apply_at):
        with pebble.serve(pebble.Options(authorization_reuse=100)) as ca:
            applicant = await apply_at(ca)
            await applicant.issue("reuse.example.test")
            before = len(applicant.wire)
            await applicant.issue("reuse.example.test")
            paths = [exchange.url.split("/")[3] for exchange in applicant.wire[before:]]
        assert paths[:2] == ["order-plz", "finalize-order"]
        assert not {"authZ", "chalZ"} & set(paths)

    async def test_with_reuse_a_new_name_is_proved_beside_an_old_one(self, apply_at):
        with pebble.serve(pebble.Options(authorization_reuse=100)) as ca:
            applicant = await apply_at(ca)
            await applicant.issue("old.example.test")
            before = len(applicant.wire)
            await applicant.issue("old.example.test", "new.example.test")
            challenged = [e for e in applicant.wire[before:] if "/chalZ/" in e.url]
        assert len(challenged) == 1

    async def test_a_deactivated_authorization_fails_its_order(self, applicant):
        order = await applicant.client.new_order([Identifier.of("given-up.example.test")])
        given_up = await applicant.client.deactivate_authorization(order.authorizations[0])
        assert given_up.status is AuthorizationStatus.DEACTIVATED
        with pytest.raises(OrderFailedError, match="is deactivated"):
            await issue(applicant.client, order, keys.generate(), Type.HTTP_01, applicant.http)


class TestSlowCA:
    async def test_a_slow_validation_is_waited_for(self, apply_at):
        with pebble.serve(pebble.Options(validation_delay=2)) as ca:
            applicant = await apply_at(ca)
            await applicant.issue("slow1.example.test", "slow2.example.test", "slow3.example.test")

    async def test_retry_after_is_honoured_in_seconds_and_as_a_date(self, apply_at):
        with pebble.serve(pebble.Options(retry_after=1)) as ca:
            applicant = await apply_at(ca)
            for number in range(2):
                before = len(applicant.wire)
                await applicant.issue(f"wait{number}.example.test")
                paths = [exchange.url.split("/")[3] for exchange in applicant.wire[before:]]
                # finalize asks for a second of patience; by then the certificate is there: one look is enough
                assert paths.count("my-order") == 1


class TestRevocation:
    async def test_an_account_revokes_its_certificate(self, applicant):
        chain = await applicant.issue("revoke.example.test")
        await applicant.client.revoke(chain.leaf, Reason.SUPERSEDED)
        status = json.loads(applicant.ca.manage(f"/cert-status-by-serial/{chain.leaf.serial_number:x}"))
        assert (status["Status"], status["Reason"]) == ("Revoked", Reason.SUPERSEDED)

    async def test_the_certificate_s_own_key_revokes_it_without_an_account(self, applicant):
        key = keys.generate()
        chain = await applicant.issue("revoke2.example.test", key=key)
        async with connect(applicant.ca.directory_url, keys.generate(), trust=applicant.ca.trust) as nobody:
            await nobody.revoke(chain.leaf, key=key)
        status = json.loads(applicant.ca.manage(f"/cert-status-by-serial/{chain.leaf.serial_number:x}"))
        assert status["Status"] == "Revoked"

    async def test_a_stranger_revokes_nothing(self, applicant):
        chain = await applicant.issue("mine.example.test")
        async with connect(applicant.ca.directory_url, keys.generate(), trust=applicant.ca.trust) as stranger:
            await stranger.new_account(terms_agreed=True)
            with pytest.raises(ProblemError, match="unauthorized"):
                await stranger.revoke(chain.leaf)
            with pytest.raises(ProblemError, match="unauthorized"):
                await stranger.revoke(chain.leaf, key=keys.generate())

    async def test_revoking_twice_is_said_to_be_done(self, applicant):
        chain = await applicant.issue("twice.example.test")
        await applicant.client.revoke(chain.leaf)
        with pytest.raises(ProblemError, match=r"alreadyRevoked.*\n.*Nothing is left to do"):
            await applicant.client.revoke(chain.leaf)


class TestRestartedCA:
    async def test_an_empty_database_is_said_to_be_one_and_registering_again_helps(self, apply_at):
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


async def test_an_open_order_is_found_by_the_account_alone(applicant):
    names = [Identifier.of("open.example.test")]
    for number in range(4):  # more than a page of the list
        await applicant.issue(f"page{number}.example.test")
    begun = await applicant.client.new_order(names)
    owner = await applicant.client.find_account()
    found = await find_open_order(applicant.client, owner, names)
    assert found is not None
    assert found.url == begun.url
    assert await find_open_order(applicant.client, owner, [Identifier.of("page0.example.test")]) is None


async def test_an_account_key_is_no_certificate_key(ca, applicant):
    key = keys.generate()
    async with connect(ca.directory_url, key, trust=ca.trust) as client:
        await client.new_account(terms_agreed=True)
        order = await client.new_order([Identifier.of("same.example.test")])
        with pytest.raises(ProblemError, match="badCSR"):
            await issue(client, order, key, Type.HTTP_01, applicant.http)


async def test_a_subject_is_not_needed(applicant):
    assert not (await applicant.issue("nosubject.example.test")).leaf.subject.rdns
    assert Subject().to_x509().rdns == []
