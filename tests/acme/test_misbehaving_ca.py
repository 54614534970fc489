"""A CA that breaks the rules: a typed error each time, no crash, and nothing taken over."""

import datetime
import json
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from certmanager.acme import transport
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Proof, Type
from certmanager.acme.download import MOST_ALTERNATES
from certmanager.acme.errors import (
    AcmeError,
    BadReplyError,
    CertificateRefusedError,
    NoChallengeError,
    OrderFailedError,
    StillPendingError,
    UnreachableError,
)
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from certmanager.pki import certificates, keys, requests
from certmanager.pki.certificates import Authority
from certmanager.pki.names import AltNames
from tests.acme.conftest import Connect, FakeClock
from tests.acme.fake_ca import Alter, FakeCA, Reply

NAME = Identifier.of("victim.example.test")
JSON_RESOURCES = ["directory", "account", "neworder", "authorization", "challenge", "finalize"]
ALL_RESOURCES = [*JSON_RESOURCES, "certificate"]


class RecordingSolver:
    """What is presented now, for a CA that takes every challenge on trust."""

    def __init__(self) -> None:
        self.presented: list[Proof] = []

    async def present(self, proof: Proof) -> None:
        self.presented.append(proof)

    async def clean_up(self, proof: Proof) -> None:
        self.presented.remove(proof)


class Obtaining:
    """Obtain a certificate from a CA whose replies are altered, and check what must hold whenever that fails."""

    def __init__(self, fake_ca: FakeCA, trust: ssl.SSLContext, folder: Path) -> None:
        self.fake_ca = fake_ca
        self.trust = trust
        self.storage = Storage(folder)
        self.solver = RecordingSolver()

    async def run(self, resource: str | None = None, alter: Alter | None = None) -> None:
        if resource and alter:
            self.fake_ca.alter[resource] = alter
        request = ObtainRequest(self.fake_ca.directory_url, [NAME], Type.HTTP_01)
        await obtain(request, self.storage, self.solver, lambda _: None, trust=self.trust)

    async def must_fail(
        self, resource: str, alter: Alter, error: type[AcmeError], match: str | None = None, *, retryable: bool = False
    ) -> None:
        with pytest.raises(error, match=match) as caught:
            await self.run(resource, alter)
        assert type(caught.value) is error
        assert caught.value.retryable is retryable
        assert not self.storage.chain.exists()
        assert self.solver.presented == []


@pytest.fixture
def obtaining(fake_ca: FakeCA, trust: ssl.SSLContext, tmp_path: Path) -> Obtaining:
    return Obtaining(fake_ca, trust, tmp_path)


async def test_the_fake_ca_issues_as_long_as_no_reply_is_altered(obtaining: Obtaining) -> None:
    await obtaining.run()
    assert obtaining.storage.chain.exists()


class TestAnyReply:
    @pytest.mark.parametrize("resource", JSON_RESOURCES)
    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"status": ', b"NaN"],
        ids=range(9),
    )
    async def test_that_is_no_json_object(self, obtaining: Obtaining, resource: str, body: bytes) -> None:
        await obtaining.must_fail(resource, lambda reply: replace(reply, body=body), BadReplyError)

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    @pytest.mark.parametrize("media", ["text/html", "application/octet-stream", "", "application/jsonx"])
    async def test_of_a_wrong_type(self, obtaining: Obtaining, resource: str, media: str) -> None:
        await obtaining.must_fail(
            resource, lambda reply: replace(reply, media=media), BadReplyError, "in place of application/"
        )

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    async def test_that_is_huge(self, obtaining: Obtaining, resource: str) -> None:
        huge = b" " * (transport.LARGEST_REPLY + 1)
        await obtaining.must_fail(
            resource, lambda reply: replace(reply, body=huge), BadReplyError, "sends more than 1048576 bytes"
        )

    @pytest.mark.parametrize("resource", [*ALL_RESOURCES, "nonce"])
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_that_redirects(self, obtaining: Obtaining, resource: str, status: int) -> None:
        away = {"Location": "https://elsewhere.example/"}
        await obtaining.must_fail(
            resource, lambda reply: replace(reply, status=status, headers=away), BadReplyError, "redirects to"
        )

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    @pytest.mark.parametrize(
        ("status", "retryable"), [(400, False), (404, False), (429, True), (500, True), (503, True)]
    )
    async def test_that_refuses_without_a_problem_document(
        self, obtaining: Obtaining, resource: str, status: int, retryable: bool
    ) -> None:
        alter = lambda reply: replace(reply, status=status, body=b"<html>", media="text/html")  # noqa: E731
        await obtaining.must_fail(resource, alter, ProblemError, f"HTTP status {status}", retryable=retryable)

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    @pytest.mark.parametrize(
        "body", [b"{", b"[]", b'{"type": 7}', b'{"subproblems": 1}', b'{"identifier": []}', b'{"status": true}', b""]
    )
    async def test_that_refuses_with_a_broken_problem_document(
        self, obtaining: Obtaining, resource: str, body: bytes
    ) -> None:
        alter = lambda reply: replace(reply, status=400, body=body, media="application/problem+json")  # noqa: E731
        await obtaining.must_fail(resource, alter, ProblemError, "HTTP status 400")

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    async def test_whose_problem_would_paint_the_terminal(self, obtaining: Obtaining, resource: str) -> None:
        with pytest.raises(ProblemError) as caught:
            await obtaining.run(resource, lambda reply: reply.problem(403, type="x\x1b[2J", detail="y\x07\r\nz"))
        assert str(caught.value).replace("\n", "").isprintable()

    async def test_that_never_comes(self, obtaining: Obtaining, fake_ca: FakeCA) -> None:
        fake_ca.drop.add("neworder")
        await obtaining.must_fail("neworder", lambda reply: reply, UnreachableError, "neworder", retryable=True)


class TestRateLimit:
    async def test_is_told_with_the_time_and_where_the_ca_explains_it(self, obtaining: Obtaining) -> None:
        headers = {"Retry-After": "3600", "Link": '<https://ca.example/limits>; title="a"; rel="help"'}
        alter = lambda reply: replace(reply.problem(429, detail="too many"), headers=headers)  # noqa: E731
        with pytest.raises(ProblemError, match="too many") as caught:
            await obtaining.run("neworder", alter)
        assert caught.value.retry_after == datetime.timedelta(hours=1)
        assert caught.value.retry_at is not None
        assert f"to wait 3600 s, until {caught.value.retry_at:%Y-%m-%d %H:%M:%S} UTC." in str(caught.value)
        assert "The CA explains it at https://ca.example/limits" in str(caught.value)


BAD_MEMBERS: dict[str, Any] = {
    "type": 7,
    "title": [],
    "detail": {},
    "status": "400",
    "instance": 7,
    "identifier": "a.test",
    "subproblems": {"type": "x"},
}


class TestProblemDocument:
    """A member of a wrong type is ignored, and the others count (RFC 9457 section 3.1)."""

    @pytest.mark.parametrize(
        "media", ["application/problem+json", "application/json", "Application/JSON; charset=utf-8"]
    )
    @pytest.mark.parametrize("name", [name for name in BAD_MEMBERS if name != "type"])
    async def test_a_bad_nonce_is_one_whatever_else_is_wrong(
        self, obtaining: Obtaining, fake_ca: FakeCA, name: str, media: str
    ) -> None:
        def once(reply: Reply) -> Reply:
            if fake_ca.requested.count("neworder") > 1:
                return reply
            members = {"type": "urn:ietf:params:acme:error:badNonce", name: BAD_MEMBERS[name]}
            return replace(reply.problem(400, **members), media=media)

        await obtaining.run("neworder", once)
        assert fake_ca.requested.count("neworder") == 2

    @pytest.mark.parametrize("name", [name for name in BAD_MEMBERS if name != "detail"])
    async def test_its_detail_is_told_whatever_else_is_wrong(self, obtaining: Obtaining, name: str) -> None:
        members = {"detail": "for a reason", name: BAD_MEMBERS[name]}
        await obtaining.must_fail(
            "neworder", lambda reply: reply.problem(403, **members), ProblemError, ": for a reason"
        )

    @pytest.mark.parametrize("name", [name for name in BAD_MEMBERS if name != "type"])
    @pytest.mark.parametrize("where", ["order", "subproblem", "challenge"])
    async def test_the_same_holds_inside_other_resources(self, obtaining: Obtaining, where: str, name: str) -> None:
        wrong = {"type": "urn:ietf:params:acme:error:caa", name: BAD_MEMBERS[name]}
        challenge = {"type": "http-01", "url": "https://x/", "status": "invalid", "error": wrong}
        alter: dict[str, tuple[str, Alter]] = {
            "order": ("neworder", lambda reply: reply.with_members(status="invalid", error=wrong)),
            "subproblem": (
                "neworder",
                lambda reply: reply.with_members(status="invalid", error={"subproblems": [7, wrong, None]}),
            ),
            "challenge": (
                "authorization",
                lambda reply: reply.with_members(status="invalid", challenges=[challenge]),
            ),
        }
        await obtaining.must_fail(*alter[where], OrderFailedError, "caa: ")

    async def test_its_title_is_told_where_it_has_no_detail(self, obtaining: Obtaining) -> None:
        alter = lambda reply: reply.problem(403, title="Not today")  # noqa: E731
        await obtaining.must_fail("neworder", alter, ProblemError, "about:blank: Not today")


class TestNonce:
    @pytest.mark.parametrize("nonce", [None, "", "not base64url!", "a b", "ä"])
    async def test_a_missing_or_strange_first_nonce_stops_us(self, obtaining: Obtaining, nonce: str | None) -> None:
        await obtaining.must_fail(
            "nonce", lambda reply: replace(reply, nonce=nonce), BadReplyError, "no usable Replay-Nonce"
        )

    @pytest.mark.parametrize("nonce", [None, "", "not base64url!"])
    async def test_a_missing_or_strange_later_nonce_costs_a_request_for_another(
        self, obtaining: Obtaining, fake_ca: FakeCA, nonce: str | None
    ) -> None:
        await obtaining.run("neworder", lambda reply: replace(reply, nonce=nonce))
        assert fake_ca.requested.count("nonce") == 2
        assert obtaining.storage.chain.exists()


class TestDirectory:
    @pytest.mark.parametrize("member", ["newNonce", "newAccount", "newOrder"])
    @pytest.mark.parametrize(
        "value", [None, 7, "", "http://127.0.0.1/plain", "ftp://x", "//x/y", "https://", "https:///p"]
    )
    async def test_a_url_that_is_none(self, obtaining: Obtaining, member: str, value: Any) -> None:
        alter = lambda reply: reply.with_members(**{member: value})  # noqa: E731
        await obtaining.must_fail("directory", alter, BadReplyError, f"{member}")

    @pytest.mark.parametrize(
        "change",
        [
            {"revokeCert": None},
            {"revokeCert": 7},
            {"keyChange": "http://x/"},
            {"meta": []},
            {"meta": {"website": 7, "caaIdentities": [7], "externalAccountRequired": "yes"}},
        ],
        ids=str,
    )
    async def test_what_an_issuance_doesn_t_need_may_be_missing_or_wrong(
        self, obtaining: Obtaining, change: dict[str, Any]
    ) -> None:
        await obtaining.run("directory", lambda reply: reply.with_members(**change))
        assert obtaining.storage.chain.exists()

    @pytest.mark.parametrize("value", [None, 7, "http://127.0.0.1/plain"])
    async def test_without_revoke_cert_nothing_can_be_revoked(
        self, fake_ca: FakeCA, connect_to: Connect, another_authority: Authority, value: Any
    ) -> None:
        fake_ca.alter["directory"] = lambda reply: reply.with_members(revokeCert=value)
        async with connect_to(fake_ca) as client:
            await client.new_account(terms_agreed=True)
            with pytest.raises(BadReplyError, match="has no revokeCert"):
                await client.revoke(another_authority.certificate)


class TestAccount:
    @pytest.mark.parametrize("location", [None, "", "http://127.0.0.1/account", "javascript:alert(1)", "https://a..b/"])
    async def test_without_a_url_of_its_own(self, obtaining: Obtaining, location: str | None) -> None:
        headers = {} if location is None else {"Location": location}
        await obtaining.must_fail(
            "account", lambda reply: replace(reply, headers=headers), BadReplyError, "without a Location"
        )

    @pytest.mark.parametrize("status", [None, "happy", 3])
    async def test_in_no_known_state(self, obtaining: Obtaining, status: Any) -> None:
        await obtaining.must_fail("account", lambda reply: reply.with_members(status=status), BadReplyError, "status")


class TestOrder:
    @pytest.mark.parametrize(
        "names",
        [
            [{"type": "dns", "value": "other.example.test"}],
            [{"type": "dns", "value": "victim.example.test"}, {"type": "dns", "value": "more.example.test"}],
            [],
            [{"type": "ip", "value": "victim.example.test"}],
        ],
        ids=["others", "more", "none", "of another type"],
    )
    async def test_for_other_names(self, obtaining: Obtaining, names: Any) -> None:
        alter = lambda reply: reply.with_members(identifiers=names)  # noqa: E731
        await obtaining.must_fail("neworder", alter, BadReplyError, r"asked for was victim\.example\.test")

    async def test_that_writes_the_name_in_capitals_is_for_the_same_name(self, obtaining: Obtaining) -> None:
        capitals = [{"type": "dns", "value": str(NAME).upper()}]
        await obtaining.run("neworder", lambda reply: reply.with_members(identifiers=capitals))
        assert obtaining.storage.chain.exists()

    async def test_whose_names_change_on_the_way(self, obtaining: Obtaining) -> None:
        other = [{"type": "dns", "value": "other.example.test"}]
        await obtaining.must_fail(
            "finalize", lambda reply: reply.with_members(identifiers=other), BadReplyError, "other.example.test"
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"status": "done"},
            {"status": None},
            {"finalize": None},
            {"finalize": "http://127.0.0.1/"},
            {"authorizations": None},
            {"authorizations": "https://127.0.0.1/"},
            {"authorizations": ["http://127.0.0.1/"]},
            {"authorizations": [7]},
            {"identifiers": [7]},
            {"identifiers": [{"type": "dns"}]},
            {"expires": "tomorrow"},
            {"expires": "2030-01-01T00:00:00"},
            {"error": "text"},
            {"status": "valid", "certificate": None},
            {"certificate": 7},
        ],
        ids=json.dumps,
    )
    async def test_that_is_malformed(self, obtaining: Obtaining, change: dict[str, Any]) -> None:
        await obtaining.must_fail("neworder", lambda reply: reply.with_members(**change), BadReplyError)

    async def test_that_says_valid_before_anything_was_done_leads_to_no_certificate(
        self, obtaining: Obtaining, fake_ca: FakeCA
    ) -> None:
        certificate = f"{fake_ca.base}/certificate"
        alter = lambda reply: reply.with_members(status="valid", certificate=certificate)  # noqa: E731
        await obtaining.must_fail("neworder", alter, BadReplyError, "not a chain of certificates")

    async def test_that_is_ready_later_than_its_authorizations_are_valid_is_finalized_then(
        self, obtaining: Obtaining, fake_ca: FakeCA
    ) -> None:
        def too_early(reply: Reply) -> Reply:
            if fake_ca.requested.count("finalize") > 1:
                return reply
            fake_ca.status = "ready"
            return reply.problem(403, type="urn:ietf:params:acme:error:orderNotReady")

        fake_ca.alter["order"] = lambda reply: (
            reply.with_members(status="pending") if fake_ca.requested.count("order") == 1 else reply
        )
        await obtaining.run("finalize", too_early)
        assert obtaining.storage.chain.exists()
        assert fake_ca.requested.count("finalize") == 2

    async def test_that_can_t_be_read_for_now_is_not_replaced(self, obtaining: Obtaining, fake_ca: FakeCA) -> None:
        await obtaining.run()
        with pytest.raises(ProblemError):
            await obtaining.run("order", lambda reply: reply.problem(503, type="about:blank"))
        assert fake_ca.requested.count("neworder") == 1

    async def test_that_fails_without_a_reason(self, obtaining: Obtaining) -> None:
        await obtaining.must_fail(
            "neworder", lambda reply: reply.with_members(status="invalid"), OrderFailedError, "failed"
        )

    async def test_that_fails_with_a_reason_is_told_with_it(self, obtaining: Obtaining) -> None:
        error = {"type": "urn:ietf:params:acme:error:caa", "detail": "another CA is wanted"}
        await obtaining.must_fail(
            "neworder",
            lambda reply: reply.with_members(status="invalid", error=error),
            OrderFailedError,
            "caa: another CA is wanted",
        )


class TestAuthorization:
    async def test_at_which_the_ca_is_looking_already_is_not_responded_to_again(
        self, obtaining: Obtaining, fake_ca: FakeCA
    ) -> None:
        def looking(reply: Reply) -> Reply:
            if fake_ca.status != "pending":
                return reply
            fake_ca.status = "ready"
            challenge = {"type": "http-01", "url": f"{fake_ca.base}/challenge", "token": "t", "status": "processing"}
            return reply.with_members(challenges=[challenge])

        await obtaining.run("authorization", looking)
        assert obtaining.storage.chain.exists()
        assert "challenge" not in fake_ca.requested

    @pytest.mark.parametrize(
        "change",
        [
            {"identifier": {"type": "dns", "value": "\x1b[2J"}},
            {"challenges": [{"type": "x\x1b[2J", "url": "https://x/", "status": "pending"}]},
        ],
        ids=["name", "challenge"],
    )
    async def test_that_would_paint_the_terminal(self, obtaining: Obtaining, change: dict[str, Any]) -> None:
        await obtaining.must_fail(
            "authorization", lambda reply: reply.with_members(**change), BadReplyError, r"must be printable, not '.*x1b"
        )

    async def test_for_a_name_that_nobody_asked_for(self, obtaining: Obtaining) -> None:
        other = {"type": "dns", "value": "other.example.test"}
        alter = lambda reply: reply.with_members(identifier=other)  # noqa: E731
        await obtaining.must_fail("authorization", alter, BadReplyError, "authorizes other.example.test")

    async def test_for_the_wildcard_of_the_name(self, obtaining: Obtaining) -> None:
        await obtaining.must_fail(
            "authorization", lambda reply: reply.with_members(wildcard=True), BadReplyError, r"\*\.victim"
        )

    @pytest.mark.parametrize("identifier", [{"type": "ip", "value": "127.0.0.1"}, {"type": "dns", "value": "*.a.test"}])
    async def test_for_a_wildcard_of_what_has_none(self, obtaining: Obtaining, identifier: dict[str, str]) -> None:
        await obtaining.must_fail(
            "authorization",
            lambda reply: reply.with_members(identifier=identifier, wildcard=True),
            BadReplyError,
            "is a wildcard of",
        )

    @pytest.mark.parametrize("challenges", [[], [{"type": "x-01", "url": "https://x/", "status": "pending"}]])
    async def test_without_a_challenge_that_we_can_answer(
        self, obtaining: Obtaining, challenges: list[dict[str, str]]
    ) -> None:
        alter = lambda reply: reply.with_members(challenges=challenges)  # noqa: E731
        await obtaining.must_fail("authorization", alter, NoChallengeError, "doesn't offer http-01")

    @pytest.mark.parametrize("token", [None, "", "../../etc/passwd", "a/b", "a\r\nHost: x", "ä", "a" * 513, "a="])
    async def test_with_a_token_that_means_something_else_in_a_path(
        self, obtaining: Obtaining, fake_ca: FakeCA, token: str | None
    ) -> None:
        challenge = {"type": "http-01", "url": f"{fake_ca.base}/challenge", "status": "pending", "token": token}
        challenge = {name: value for name, value in challenge.items() if value is not None}
        alter = lambda reply: reply.with_members(challenges=[challenge])  # noqa: E731
        await obtaining.must_fail("authorization", alter, BadReplyError, "isn't base64url")

    @pytest.mark.parametrize("status", ["invalid", "deactivated", "expired", "revoked"])
    async def test_that_is_over(self, obtaining: Obtaining, status: Any) -> None:
        await obtaining.must_fail(
            "authorization", lambda reply: reply.with_members(status=status), OrderFailedError, f"is {status}"
        )


class TestEndlessWaiting:
    """On a clock that doesn't wait: the test is as fast as the CA."""

    @pytest.mark.parametrize("resource", ["authorization", "order"])
    @pytest.mark.parametrize(
        "retry_after",
        [None, "0", "1", "31536000", "Fri, 31 Dec 9999 23:59:59 GMT", "Sun Nov  6 08:49:37 1994", "soon", "-1"],
    )
    async def test_is_given_up_after_the_time_that_was_granted(
        self, fake_ca: FakeCA, connect_to: Connect, clock: FakeClock, resource: str, retry_after: str | None
    ) -> None:
        status = "pending" if resource == "authorization" else "processing"
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        alter = lambda reply: replace(reply.with_members(status=status), headers=headers)  # noqa: E731
        fake_ca.alter[resource] = alter
        if resource == "order":
            fake_ca.alter["finalize"] = alter
        async with connect_to(fake_ca, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(StillPendingError, match=rf"still {status} after \d+ s") as caught:
                await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver())
        assert caught.value.retryable
        assert (
            sum(clock.slept) <= 120 + PollingPolicy().initial
        )  # the first look comes of ours, it had no Retry-After yet
        if retry_after in ("31536000", "Fri, 31 Dec 9999 23:59:59 GMT"):
            assert sum(clock.slept) <= PollingPolicy().initial  # no use in beginning to wait
            assert caught.value.retry_after is not None
        else:
            assert fake_ca.requested.count(resource) <= 122
            assert sum(clock.slept) > 120 - PollingPolicy().cap  # not before there is no time for one wait more

    async def test_the_first_wait_is_what_the_reply_to_the_response_asks_for(
        self, fake_ca: FakeCA, connect_to: Connect, clock: FakeClock
    ) -> None:
        fake_ca.alter["challenge"] = lambda reply: replace(reply, headers={"Retry-After": "7"})
        async with connect_to(fake_ca, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver())
        assert clock.slept[0] == 7

    @pytest.mark.parametrize("resource", ["authorization", "order"])
    @pytest.mark.parametrize("failing", ["503", "429", "cut"])
    async def test_a_ca_that_fails_for_a_while_is_waited_for(
        self, fake_ca: FakeCA, connect_to: Connect, clock: FakeClock, resource: str, failing: str
    ) -> None:
        def for_a_while(reply: Reply) -> Reply:
            fake_ca.drop.discard(resource)
            match fake_ca.requested.count(resource):
                case 1 if resource == "authorization":
                    return reply
                case 1 | 2 | 3 if failing == "cut":
                    fake_ca.drop.add(resource)
                case 1 | 2 | 3:
                    return replace(reply.problem(int(failing)), headers={"Retry-After": "2"})
            return reply

        fake_ca.alter[resource] = for_a_while
        fake_ca.alter["finalize"] = lambda reply: reply.with_members(status="processing")
        async with connect_to(fake_ca, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver())
        assert fake_ca.requested.count(resource) >= 4
        assert (2 in clock.slept) is (failing != "cut")

    @pytest.mark.parametrize("retry_after", [None, "0", "3600"])
    async def test_a_ca_that_fails_for_ever_is_given_up_with_its_word(
        self, fake_ca: FakeCA, connect_to: Connect, clock: FakeClock, retry_after: str | None
    ) -> None:
        headers = {"Link": '</limits>;rel="help"'} | ({} if retry_after is None else {"Retry-After": retry_after})
        fake_ca.alter["order"] = lambda reply: replace(reply.problem(429, detail="too many"), headers=headers)
        fake_ca.alter["finalize"] = lambda reply: reply.with_members(status="processing")
        async with connect_to(fake_ca, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(StillPendingError, match="too many") as caught:
                await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver())
        assert f"The CA explains it at {fake_ca.base}/limits" in str(caught.value)
        assert fake_ca.requested.count("order") <= 122
        assert sum(clock.slept) <= 120

    async def test_an_order_that_is_never_ready_ends_too(
        self, fake_ca: FakeCA, connect_to: Connect, clock: FakeClock
    ) -> None:
        fake_ca.alter["finalize"] = lambda reply: reply.problem(403, type="urn:ietf:params:acme:error:orderNotReady")
        fake_ca.alter["order"] = lambda reply: reply.with_members(status="ready", certificate=None)
        async with connect_to(fake_ca, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(StillPendingError, match="still ready"):
                await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver())


class TestCertificate:
    @pytest.mark.parametrize("body", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    async def test_that_is_none(self, obtaining: Obtaining, body: bytes) -> None:
        await obtaining.must_fail("certificate", lambda reply: replace(reply, body=body), BadReplyError, "not a chain")

    @pytest.mark.parametrize(
        ("stranger", "named"),
        [
            (keys.to_pem(keys.generate()), "a block PRIVATE KEY"),
            (keys.to_pem(keys.generate(), keys.Encoding.PKCS1), "a block EC PRIVATE KEY"),
            (requests.to_pem(requests.create(keys.generate(), AltNames())), "a block CERTIFICATE REQUEST"),
            (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "a block X509 CRL"),
            (b"-----BEGIN TRUSTED CERTIFICATE-----\nAAAA\n-----END TRUSTED CERTIFICATE-----\n", "TRUSTED CERTIFICATE"),
            (b"subject=CN = victim.example.test\n", "something beside them"),
            (b"-----BEGIN PRIVATE KEY-----\n", "a block PRIVATE KEY"),
            (b"\0", "something beside them"),
        ],
    )
    @pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
    async def test_with_anything_else_beside_it(
        self, obtaining: Obtaining, stranger: bytes, named: str, before: bool
    ) -> None:
        alter = lambda reply: replace(reply, body=stranger + reply.body if before else reply.body + stranger)  # noqa: E731
        await obtaining.must_fail("certificate", alter, BadReplyError, f"not a chain of certificates alone: .*{named}")

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b"\n", b"\r\n"),
            (b"-----BEGIN", b"\n-----BEGIN"),
            (b"-----END CERTIFICATE-----\n", b"-----END CERTIFICATE-----\n \n"),
        ],
    )
    async def test_may_have_any_end_of_line_and_empty_lines(self, obtaining: Obtaining, old: bytes, new: bytes) -> None:
        await obtaining.run("certificate", lambda reply: replace(reply, body=reply.body.replace(old, new)))
        assert obtaining.storage.chain.exists()

    @pytest.mark.parametrize(("ahead", "retryable", "says"), [(-1, True, "isn't valid yet"), (2, False, "has expired")])
    async def test_that_isn_t_valid_now_is_told_with_both_times(
        self, fake_ca: FakeCA, connect_to: Connect, clock: FakeClock, ahead: int, retryable: bool, says: str
    ) -> None:
        clock.time += datetime.timedelta(days=ahead)
        async with connect_to(fake_ca, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(CertificateRefusedError, match=says) as caught:
                await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver())
        begins = x509.load_pem_x509_certificates(fake_ca.chain)[0].not_valid_before_utc
        assert caught.value.retryable is retryable
        if retryable:
            assert f"from {begins:%Y-%m-%d %H:%M:%S} UTC on, and here it is {clock.time:%Y-%m-%d %H:%M}" in str(
                caught.value
            )
            assert "This machine's clock may be behind" in str(caught.value)

    async def test_for_another_key(self, obtaining: Obtaining, fake_ca: FakeCA) -> None:
        other = fake_ca.certify(requests.create(keys.generate(), AltNames(frozenset({str(NAME)}))))
        await obtaining.must_fail(
            "certificate", lambda reply: replace(reply, body=other), CertificateRefusedError, "another key"
        )

    @pytest.mark.parametrize(
        "names",
        [{"other.example.test"}, {"victim.example.test", "more.example.test"}, {"*.example.test"}, set()],
        ids=["others", "more", "wider", "none"],
    )
    async def test_for_other_names(self, obtaining: Obtaining, fake_ca: FakeCA, names: Any) -> None:
        def alter(reply: Reply) -> Reply:
            key = keys.from_pem(obtaining.storage.certificate_key.read_bytes())
            return replace(reply, body=fake_ca.certify(requests.create(key, AltNames(frozenset(names)))))

        await obtaining.must_fail("certificate", alter, CertificateRefusedError, r"is not for victim\.example\.test")

    async def test_that_its_chain_doesn_t_verify(
        self, obtaining: Obtaining, fake_ca: FakeCA, another_authority: Authority
    ) -> None:
        def alter(reply: Reply) -> Reply:
            key = keys.from_pem(obtaining.storage.certificate_key.read_bytes())
            request = requests.create(key, AltNames(frozenset({str(NAME)})))
            return replace(reply, body=fake_ca.certify(request, another_authority))

        await obtaining.must_fail("certificate", alter, CertificateRefusedError, "doesn't lead to a trusted root")

    async def test_alone_that_nobody_can_verify(self, obtaining: Obtaining) -> None:
        def alter(reply: Reply) -> Reply:
            return replace(reply, body=certificates.to_pem(x509.load_pem_x509_certificates(reply.body)[0]))

        await obtaining.must_fail("certificate", alter, CertificateRefusedError, "only the CA's roots can verify it")

    async def test_under_a_root_that_we_don_t_know(
        self, fake_ca: FakeCA, connect_to: Connect, another_authority: Authority
    ) -> None:
        async with connect_to(fake_ca) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            roots = [another_authority.certificate]
            with pytest.raises(CertificateRefusedError, match="trusted root"):
                await issue(client, order, keys.generate(), Type.HTTP_01, RecordingSolver(), roots=roots)


class TestAlternateChain:
    """The chain to `fake root` is the default; an alternate that can't be had or used leaves it."""

    async def preferring(self, fake_ca: FakeCA, connect_to: Connect, top: str) -> Chain:
        async with connect_to(fake_ca) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            key = keys.generate()
            return await issue(client, order, key, Type.HTTP_01, RecordingSolver(), preferred_chain=top)

    @pytest.mark.parametrize("problem", ["404", "503", "cut", "html", "key", "untrusted"])
    async def test_that_can_t_be_had_or_used_leaves_the_default_with_a_warning(
        self,
        fake_ca: FakeCA,
        connect_to: Connect,
        another_authority: Authority,
        caplog: pytest.LogCaptureFixture,
        problem: str,
    ) -> None:
        def alter(reply: Reply) -> Reply:
            if fake_ca.requested.count("certificate") == 1:
                return replace(reply, headers={"Link": '</certificate>; title="the other"; rel="alternate"'})
            match problem:
                case "cut":
                    fake_ca.drop.add("certificate")
                case "html":
                    return replace(reply, media="text/html")
                case "key":
                    return replace(reply, body=reply.body + keys.to_pem(keys.generate()))
                case "untrusted":
                    leaf = x509.load_pem_x509_certificates(reply.body)[0]
                    return replace(reply, body=certificates.to_pem(leaf, another_authority.certificate))
                case _:
                    return reply.problem(int(problem))
            return reply

        fake_ca.alter["certificate"] = alter
        chain = await self.preferring(fake_ca, connect_to, "another root")
        assert chain.top == "fake root"
        assert "alternate chain" in caplog.text
        assert fake_ca.requested.count("certificate") == 2

    async def test_endlessly_many_are_not_all_asked_for(
        self, fake_ca: FakeCA, connect_to: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        links = ",".join(f"</certificate?{number}>;rel=alternate" for number in range(100))
        fake_ca.alter["certificate"] = lambda reply: replace(reply, headers={"Link": links})
        assert (await self.preferring(fake_ca, connect_to, "nobody")).top == "fake root"
        assert fake_ca.requested.count("certificate") == 1 + MOST_ALTERNATES
        assert "No chain to 'nobody' can be had" in caplog.text


class TestSolver:
    async def test_what_failed_first_is_told_and_not_that_it_can_t_be_cleaned_up(
        self, fake_ca: FakeCA, connect_to: Connect, caplog: pytest.LogCaptureFixture
    ) -> None:
        class Broken:
            async def present(self, _: Proof) -> None:
                raise AcmeError("the first failure")

            async def clean_up(self, _: Proof) -> None:
                raise OSError("the second failure")

        async with connect_to(fake_ca) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(AcmeError, match="the first failure"):
                await issue(client, order, keys.generate(), Type.HTTP_01, Broken())
        assert "the second failure" not in caplog.text


async def test_a_ca_with_the_wrong_certificate_of_its_own_is_not_talked_to(fake_ca: FakeCA, tmp_path: Path) -> None:
    request = ObtainRequest(fake_ca.directory_url, [NAME], Type.HTTP_01)
    with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        await obtain(request, Storage(tmp_path), RecordingSolver(), lambda _: None)
    assert fake_ca.requested == []


async def test_nobody_listening_is_said_so(tmp_path: Path, trust: ssl.SSLContext) -> None:
    request = ObtainRequest("https://127.0.0.1:1/directory", [NAME], Type.HTTP_01)
    with pytest.raises(UnreachableError, match=r"GET https://127\.0\.0\.1:1/directory"):
        await obtain(request, Storage(tmp_path), RecordingSolver(), lambda _: None, trust=trust)
