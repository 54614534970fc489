"""Whatever bytes a CA sends: a value that keeps its promises, or a typed error; never a crash."""

import datetime
import json
import ssl
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from certmanager.acme import account, authorization, certificate, directory, order, polling, problem
from certmanager.acme.errors import BadReplyError, CertificateRefusedError
from certmanager.acme.fields import is_https_url
from certmanager.acme.identifier import BadNameError, Identifier
from certmanager.acme.nonce import NoncePool
from certmanager.acme.transport import Reply
from certmanager.pki import certificates, chains, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.names import AltNames

URL = "https://ca.example/resource"
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # however busy the machine is
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

urls = st.sampled_from(
    [URL, "https://[::1]:14000/x", "http://plain.example/", "https://", "https://a b/", "", "//x", "é"]
)
statuses = st.sampled_from(["pending", "ready", "processing", "valid", "invalid", "deactivated", "?"])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | urls | statuses
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects that are nearly right: each member may be missing, right, or anything."""
    return st.fixed_dictionaries({}, optional={name: likely | values for name, likely in members.items()})


identifiers = objects(type=st.sampled_from(["dns", "ip", "x"]), value=st.sampled_from(["a.test", "*.a.test", "::1"]))
problems = objects(
    type=st.sampled_from(["urn:ietf:params:acme:error:badNonce", "about:blank"]),
    detail=st.text(),
    status=st.integers(),
    identifier=identifiers,
    subproblems=st.lists(objects(type=st.text(), detail=st.text(), identifier=identifiers), max_size=3),
)
challenges = objects(url=urls, type=st.just("http-01"), status=statuses, token=st.text(), error=problems)
shapes = {
    "directory": objects(newNonce=urls, newAccount=urls, newOrder=urls, revokeCert=urls, meta=objects(website=urls)),
    "account": objects(status=statuses, contact=st.lists(st.text(), max_size=2), orders=urls),
    "order": objects(
        status=statuses,
        identifiers=st.lists(identifiers, max_size=3),
        authorizations=st.lists(urls, max_size=3),
        finalize=urls,
        certificate=urls,
        expires=st.datetimes().map(datetime.datetime.isoformat),
        error=problems,
    ),
    "authorization": objects(
        status=statuses, identifier=identifiers, challenges=st.lists(challenges, max_size=3), wildcard=st.booleans()
    ),
}
parsers = {
    "directory": directory.parse,
    "account": account.parse,
    "order": order.parse,
    "authorization": authorization.parse,
}


def urls_of(resource: Any) -> list[str]:
    match resource:
        case directory.Directory():
            return [resource.new_nonce, resource.new_account, resource.new_order, resource.revoke_cert]
        case order.Order():
            return [resource.finalize, *resource.authorizations, *filter(None, [resource.certificate])]
        case authorization.Authorization():
            return [challenge.url for challenge in resource.challenges]
        case _:
            return list(filter(None, [resource.orders]))


@pytest.mark.parametrize("name", parsers)
@steady
@given(data=st.data())
def test_an_object_that_is_nearly_right_is_read_whole_or_refused(name, data):
    body = json.dumps(data.draw(shapes[name])).encode()
    try:
        resource = parsers[name](body, URL)
    except BadReplyError:
        return
    assert all(is_https_url(url) for url in urls_of(resource))


@pytest.mark.parametrize("name", parsers)
@steady
@given(body=st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_by_name(name, body):
    with pytest.raises(BadReplyError, match=r"ca\.example"):
        parsers[name](body, URL)


@steady
@given(status=st.integers(400, 599), body=st.binary() | problems.map(lambda value: json.dumps(value).encode()))
def test_any_refusal_becomes_a_problem_that_is_safe_to_print(status, body):
    found = problem.of_reply(status, "application/problem+json", body, URL)
    assert found.status == status
    error = problem.ProblemError(found)
    assert str(error).replace("\n", "").isprintable()
    assert len(str(found)) < 500_000


def leaf_and_root() -> tuple[bytes, bytes]:
    key, validity = keys.generate(), Validity(NOW, NOW + datetime.timedelta(days=1))
    root = certificates.self_signed(requests.create(key, AltNames()), key, validity, is_ca=True)
    request = requests.create(keys.generate(), AltNames(frozenset({"a.test"})))
    leaf = certificates.signed_by(certificates.Authority(root, key), request, validity)
    return certificates.to_pem(leaf), certificates.to_pem(root)


PEMS = leaf_and_root()


@steady
@given(
    body=st.binary(max_size=300) | st.lists(st.sampled_from(PEMS) | st.binary(max_size=50), max_size=4).map(b"".join)
)
def test_any_bytes_in_place_of_a_chain_are_certificates_or_refused(body):
    try:
        chain = certificate.parse(body, URL)
    except BadReplyError:
        return
    assert {certificates.to_pem(each) for each in chain.certificates} <= set(PEMS)


@steady
@given(data=st.data(), byte=st.integers(0, 255))
def test_a_certificate_with_one_byte_changed_is_refused(data, byte):
    chain, key = chains.from_pem(b"".join(PEMS)), chains.from_pem(PEMS[0])[0].public_key()
    der = bytearray(chain[0].public_bytes(serialization.Encoding.DER))
    position = data.draw(st.integers(0, len(der) - 1))
    assume(der[position] != byte)
    der[position] = byte
    pem = ssl.DER_cert_to_PEM_cert(bytes(der)).encode() + PEMS[1]
    with pytest.raises((BadReplyError, CertificateRefusedError)):
        certificate.must_be_for(certificate.parse(pem, URL), key, [Identifier.of("a.test")], NOW)


@steady
@given(value=st.text())
def test_only_base64url_is_taken_for_a_nonce(value):
    pool = NoncePool()
    pool.put(value)
    assert pool.take() == (value if value and all(c.isascii() and (c.isalnum() or c in "-_") for c in value) else None)
    assert pool.take() is None


@steady
@given(name=st.text() | st.from_regex(r"(\*\.)?[a-z0-9.-]{1,20}", fullmatch=True))
def test_what_is_taken_for_a_name_is_written_back_the_same(name):
    try:
        identifier = Identifier.of(name)
    except BadNameError:
        return
    assert Identifier.of(identifier.value) == identifier
    assert identifier.value.isascii()


@pytest.mark.parametrize(
    ("name", "type_", "value"),
    [
        ("Example.TEST", "dns", "example.test"),
        ("*.example.test", "dns", "*.example.test"),
        ("xn--bcher-kva.example", "dns", "xn--bcher-kva.example"),
        ("127.0.0.1", "ip", "127.0.0.1"),
        ("2001:DB8:0:0::1", "ip", "2001:db8::1"),
    ],
)
def test_a_name_has_one_form(name, type_, value):
    assert Identifier.of(name) == Identifier(type_, value)


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b", "-a.test", "a-.test", "*", "*.*.test", "a.*.test", "a b", "bücher.example", "a.test.", "a" * 64],
)
def test_what_is_no_name_is_refused(name):
    with pytest.raises(BadNameError, match="neither a DNS name nor an IP address"):
        Identifier.of(name)


@steady
@given(
    header=st.text() | st.integers().map(str) | st.datetimes().map(lambda d: d.strftime("%a, %d %b %Y %H:%M:%S GMT"))
)
def test_any_retry_after_is_a_wait_of_at_most_a_year_or_none(header):
    wait = polling.retry_after(header, NOW)
    assert wait is None or datetime.timedelta() <= wait <= datetime.timedelta(days=365)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0),
        (" 3 ", 3),
        ("Thu, 01 Jan 2026 00:00:05 GMT", 5),
        ("Thu, 01 Jan 2026 00:00:05 -0000", None),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("tomorrow", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_of_its_forms(header, seconds):
    wait = polling.retry_after(header, NOW)
    assert wait == (None if seconds is None else datetime.timedelta(seconds=seconds))


@steady
@given(header=st.text())
def test_any_link_header_gives_https_urls_only(header):
    reply = Reply(URL, 200, CIMultiDictProxy(CIMultiDict({"Link": header})), b"")
    assert all(is_https_url(url) for url in reply.links("alternate"))


def test_links_are_found_by_their_relation():
    headers = CIMultiDict(
        [("Link", f'<{URL}/dir>;rel="index"'), ("Link", f'<{URL}/1>; rel="alternate", <{URL}/2>;rel=alternate')]
    )
    reply = Reply(URL, 200, CIMultiDictProxy(headers), b"")
    assert reply.links("alternate") == (f"{URL}/1", f"{URL}/2")
