"""A CA that breaks the rules: a typed error each time, no crash, and nothing taken over."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509

from certmanager.acme import transport
from certmanager.acme.challenge import Type
from certmanager.acme.errors import (
    AcmeError,
    BadReplyError,
    CertificateRefusedError,
    NoChallengeError,
    OrderFailedError,
    StillPendingError,
    UnreachableError,
)
from certmanager.acme.http01 import Http01Server
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.resume import Folder, ObtainRequest, obtain
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.pki import certificates, keys, requests
from certmanager.pki.names import AltNames

NAME = Identifier.of("victim.example.test")
JSON_RESOURCES = ["directory", "account", "neworder", "authorization", "challenge", "finalize"]
ALL_RESOURCES = [*JSON_RESOURCES, "certificate"]

Bend = Callable[[Any], Any]


class Refused:
    """Obtain a certificate from a bent CA, and check what must hold whenever that fails."""

    def __init__(self, bent: Any, trust: Any, tmp_path: Any) -> None:
        self.bent = bent
        self.trust = trust
        self.folder = Folder(tmp_path)
        self.solver = Http01Server()

    async def obtain(self, resource: str | None = None, bend: Bend | None = None) -> None:
        if resource and bend:
            self.bent.bend[resource] = bend
        wanted = ObtainRequest(self.bent.directory_url, [NAME], Type.HTTP_01)
        await obtain(wanted, self.folder, self.solver, lambda _: None, trust=self.trust)

    async def __call__(
        self, resource: str, bend: Bend, error: type[AcmeError], match: str | None = None, *, retryable: bool = False
    ) -> None:
        with pytest.raises(error, match=match) as caught:
            await self.obtain(resource, bend)
        assert type(caught.value) is error
        assert caught.value.retryable is retryable
        assert not self.folder.chain.exists()
        assert self.solver._bodies == {}


@pytest.fixture
def refused(bent, trust, tmp_path):
    return Refused(bent, trust, tmp_path)


async def test_the_bent_ca_issues_as_long_as_nobody_bends_it(refused):
    await refused.obtain()
    assert refused.folder.chain.exists()


class TestAnyReply:
    @pytest.mark.parametrize("resource", JSON_RESOURCES)
    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000, b'{"status": ', b"NaN"],
        ids=range(9),
    )
    async def test_that_is_no_json_object(self, refused, resource, body):
        await refused(resource, lambda sent: replace(sent, body=body), BadReplyError)

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    @pytest.mark.parametrize("media", ["text/html", "application/octet-stream", "", "application/jsonx"])
    async def test_of_a_wrong_type(self, refused, resource, media):
        await refused(resource, lambda sent: replace(sent, media=media), BadReplyError, "in place of application/")

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    async def test_that_is_huge(self, refused, resource):
        huge = b" " * (transport.LARGEST_REPLY + 1)
        await refused(resource, lambda sent: replace(sent, body=huge), BadReplyError, "sends more than 1048576 bytes")

    @pytest.mark.parametrize("resource", [*ALL_RESOURCES, "nonce"])
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_that_redirects(self, refused, resource, status):
        away = {"Location": "https://elsewhere.example/"}
        await refused(resource, lambda sent: replace(sent, status=status, headers=away), BadReplyError, "redirects to")

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    @pytest.mark.parametrize(
        ("status", "retryable"), [(400, False), (404, False), (429, True), (500, True), (503, True)]
    )
    async def test_that_refuses_without_a_problem_document(self, refused, resource, status, retryable):
        bend = lambda sent: replace(sent, status=status, body=b"<html>", media="text/html")  # noqa: E731
        await refused(resource, bend, ProblemError, f"HTTP status {status}", retryable=retryable)

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    @pytest.mark.parametrize("body", [b"{", b"[]", b'{"type": 7}', b'{"subproblems": 1}', b'{"identifier": []}', b""])
    async def test_that_refuses_with_a_broken_problem_document(self, refused, resource, body):
        bend = lambda sent: replace(sent, status=400, body=body, media="application/problem+json")  # noqa: E731
        await refused(resource, bend, ProblemError, "HTTP status 400")

    @pytest.mark.parametrize("resource", ALL_RESOURCES)
    async def test_whose_problem_would_paint_the_terminal(self, refused, resource):
        with pytest.raises(ProblemError) as caught:
            await refused.obtain(resource, lambda sent: sent.problem(403, type="x\x1b[2J", detail="y\x07\r\nz"))
        assert str(caught.value).replace("\n", "").isprintable()

    async def test_that_never_comes(self, refused, bent):
        bent.drop.add("neworder")
        await refused("neworder", lambda sent: sent, UnreachableError, "neworder", retryable=True)


class TestNonce:
    @pytest.mark.parametrize("nonce", [None, "", "not base64url!", "a b", "ä"])
    async def test_a_missing_or_strange_first_nonce_stops_us(self, refused, nonce):
        await refused("nonce", lambda sent: replace(sent, nonce=nonce), BadReplyError, "no usable Replay-Nonce")

    @pytest.mark.parametrize("nonce", [None, "", "not base64url!"])
    async def test_a_missing_or_strange_later_nonce_costs_a_request_for_another(self, refused, bent, nonce):
        await refused.obtain("neworder", lambda sent: replace(sent, nonce=nonce))
        assert bent.seen.count("nonce") == 2
        assert refused.folder.chain.exists()


class TestDirectory:
    @pytest.mark.parametrize("member", ["newNonce", "newAccount", "newOrder", "revokeCert"])
    @pytest.mark.parametrize(
        "value", [None, 7, "", "http://127.0.0.1/plain", "ftp://x", "//x/y", "https://", "https:///p"]
    )
    async def test_a_url_that_is_none(self, refused, member, value):
        bend = lambda sent: sent.with_members(**{member: value})  # noqa: E731
        await refused("directory", bend, BadReplyError, f"{member}")


class TestAccount:
    @pytest.mark.parametrize("location", [None, "", "/account", "http://127.0.0.1/account", "javascript:alert(1)"])
    async def test_without_a_url_of_its_own(self, refused, location):
        headers = {} if location is None else {"Location": location}
        await refused("account", lambda sent: replace(sent, headers=headers), BadReplyError, "without a Location")

    @pytest.mark.parametrize("status", [None, "happy", 3])
    async def test_in_no_known_state(self, refused, status):
        await refused("account", lambda sent: sent.with_members(status=status), BadReplyError, "status")


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
    async def test_for_other_names(self, refused, names):
        bend = lambda sent: sent.with_members(identifiers=names)  # noqa: E731
        await refused("neworder", bend, BadReplyError, r"asked for was victim\.example\.test")

    async def test_whose_names_change_on_the_way(self, refused):
        other = [{"type": "dns", "value": "other.example.test"}]
        await refused(
            "finalize", lambda sent: sent.with_members(identifiers=other), BadReplyError, "other.example.test"
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
    async def test_that_is_malformed(self, refused, change):
        await refused("neworder", lambda sent: sent.with_members(**change), BadReplyError)

    async def test_that_says_valid_before_anything_was_done_leads_to_no_certificate(self, refused, bent):
        certificate = f"{bent.base}/certificate"
        bend = lambda sent: sent.with_members(status="valid", certificate=certificate)  # noqa: E731
        await refused("neworder", bend, BadReplyError, "not a chain of certificates")

    async def test_that_fails_without_a_reason(self, refused):
        await refused("neworder", lambda sent: sent.with_members(status="invalid"), OrderFailedError, "failed")


class TestAuthorization:
    async def test_for_a_name_that_nobody_asked_for(self, refused):
        other = {"type": "dns", "value": "other.example.test"}
        bend = lambda sent: sent.with_members(identifier=other)  # noqa: E731
        await refused("authorization", bend, BadReplyError, "authorizes other.example.test")

    async def test_for_the_wildcard_of_the_name(self, refused):
        await refused("authorization", lambda sent: sent.with_members(wildcard=True), BadReplyError, r"\*\.victim")

    @pytest.mark.parametrize("challenges", [[], [{"type": "x-01", "url": "https://x/", "status": "pending"}]])
    async def test_without_a_challenge_that_we_can_answer(self, refused, challenges):
        bend = lambda sent: sent.with_members(challenges=challenges)  # noqa: E731
        await refused("authorization", bend, NoChallengeError, "doesn't offer http-01")

    @pytest.mark.parametrize("token", [None, "", "../../etc/passwd", "a/b", "a\r\nHost: x", "ä", "a" * 513, "a="])
    async def test_with_a_token_that_means_something_else_in_a_path(self, refused, bent, token):
        challenge = {"type": "http-01", "url": f"{bent.base}/challenge", "status": "pending", "token": token}
        challenge = {name: value for name, value in challenge.items() if value is not None}
        bend = lambda sent: sent.with_members(challenges=[challenge])  # noqa: E731
        await refused("authorization", bend, BadReplyError, "isn't base64url")

    @pytest.mark.parametrize("status", ["invalid", "deactivated", "expired", "revoked"])
    async def test_that_is_over(self, refused, status):
        await refused("authorization", lambda sent: sent.with_members(status=status), OrderFailedError, f"is {status}")


class TestEndlessWaiting:
    """On a clock that doesn't wait: the test is as fast as the CA."""

    @pytest.mark.parametrize("resource", ["authorization", "order"])
    @pytest.mark.parametrize("retry_after", [None, "1", "31536000", "Fri, 31 Dec 9999 23:59:59 GMT", "soon", "-1"])
    async def test_is_given_up_after_the_time_that_was_granted(self, bent, connected, clock, resource, retry_after):
        status = "pending" if resource == "authorization" else "processing"
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        bend = lambda sent: replace(sent.with_members(status=status), headers=headers)  # noqa: E731
        bent.bend[resource] = bend
        if resource == "order":
            bent.bend["finalize"] = bend
        async with connected(bent, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(StillPendingError, match=f"still {status} after 120 s") as caught:
                await issue(client, order, keys.generate(), Type.HTTP_01, Http01Server())
        assert caught.value.retryable
        assert sum(clock.slept) <= 120 + PollingPolicy().first  # the first look comes of ours, it had no Retry-After yet
        if retry_after in ("31536000", "Fri, 31 Dec 9999 23:59:59 GMT"):
            assert sum(clock.slept) <= PollingPolicy().first  # no use in beginning to wait
            assert caught.value.retry_after is not None

    async def test_an_order_that_is_never_ready_ends_too(self, bent, connected, clock):
        bent.bend["finalize"] = lambda sent: sent.problem(403, type="urn:ietf:params:acme:error:orderNotReady")
        bent.bend["order"] = lambda sent: sent.with_members(status="ready", certificate=None)
        async with connected(bent, clock=clock) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            with pytest.raises(StillPendingError, match="still ready"):
                await issue(client, order, keys.generate(), Type.HTTP_01, Http01Server())


class TestCertificate:
    @pytest.mark.parametrize("body", [b"", b"text", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
    async def test_that_is_none(self, refused, body):
        await refused("certificate", lambda sent: replace(sent, body=body), BadReplyError, "not a chain")

    async def test_for_another_key(self, refused, bent):
        other = bent.certify(requests.create(keys.generate(), AltNames(frozenset({str(NAME)}))))
        await refused("certificate", lambda sent: replace(sent, body=other), CertificateRefusedError, "another key")

    @pytest.mark.parametrize(
        "names",
        [{"other.example.test"}, {"victim.example.test", "more.example.test"}, {"*.example.test"}, set()],
        ids=["others", "more", "wider", "none"],
    )
    async def test_for_other_names(self, refused, bent, names):
        def bend(sent: Any) -> Any:
            key = keys.from_pem(refused.folder.certificate_key.read_bytes())
            return replace(sent, body=bent.certify(requests.create(key, AltNames(frozenset(names)))))

        await refused("certificate", bend, CertificateRefusedError, r"is not for victim\.example\.test")

    async def test_that_its_chain_doesn_t_verify(self, refused, bent, another_authority):
        def bend(sent: Any) -> Any:
            key = keys.from_pem(refused.folder.certificate_key.read_bytes())
            request = requests.create(key, AltNames(frozenset({str(NAME)})))
            return replace(sent, body=bent.certify(request, another_authority))

        await refused("certificate", bend, CertificateRefusedError, "doesn't lead to a trusted root")

    async def test_alone_that_nobody_can_verify(self, refused):
        def bend(sent: Any) -> Any:
            return replace(sent, body=certificates.to_pem(x509.load_pem_x509_certificates(sent.body)[0]))

        await refused("certificate", bend, CertificateRefusedError, "only the CA's roots can verify it")

    async def test_under_a_root_that_we_don_t_know(self, bent, connected, another_authority):
        async with connected(bent) as client:
            await client.new_account(terms_agreed=True)
            order = await client.new_order([NAME])
            roots = [another_authority.certificate]
            with pytest.raises(CertificateRefusedError, match="trusted root"):
                await issue(client, order, keys.generate(), Type.HTTP_01, Http01Server(), roots=roots)


async def test_a_ca_with_the_wrong_certificate_of_its_own_is_not_talked_to(bent, tmp_path):
    wanted = ObtainRequest(bent.directory_url, [NAME], Type.HTTP_01)
    with pytest.raises(UnreachableError, match="CERTIFICATE_VERIFY_FAILED"):
        await obtain(wanted, Folder(tmp_path), Http01Server(), lambda _: None)
    assert bent.seen == []


async def test_nobody_listening_is_said_so(tmp_path, trust):
    wanted = ObtainRequest("https://127.0.0.1:1/directory", [NAME], Type.HTTP_01)
    with pytest.raises(UnreachableError, match=r"GET https://127\.0\.0\.1:1/directory"):
        await obtain(wanted, Folder(tmp_path), Http01Server(), lambda _: None, trust=trust)
