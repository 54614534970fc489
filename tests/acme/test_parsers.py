"""Whatever bytes a CA sends: a value that keeps its promises, or a typed error; never a crash."""

import datetime
import json
import ssl
from collections.abc import Callable
from typing import Any, assert_never

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from certmanager.acme import account, authorization, certificate, directory, order, problem
from certmanager.acme.errors import BadReplyError, CertificateRefusedError
from certmanager.acme.fields import Fields
from certmanager.acme.identifier import BadNameError, Identifier
from certmanager.acme.nonce import NoncePool
from certmanager.acme.urls import is_https_url
from certmanager.pki import certificates, chains, keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.keys import PublicKey
from certmanager.pki.names import AltNames

URL = "https://ca.example/resource"
steady = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # however busy the machine is
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)

urls = st.sampled_from(
    [URL, "https://[::1]:14000/x", "http://plain.example/", "https://", "https://a b/", "", "//x", "é"]
)
statuses = st.sampled_from(["pending", "ready", "processing", "valid", "invalid", "deactivated", "?"])
likely = urls | st.lists(urls, max_size=2) | statuses
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | likely
values: st.SearchStrategy[Any] = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


problems: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["urn:ietf:params:acme:error:badNonce", "about:blank"]) | values,
        "detail": st.text() | values,
        "status": st.integers() | values,
        "identifier": st.fixed_dictionaries({"type": st.text(), "value": st.text()}) | values,
        "subproblems": st.lists(st.fixed_dictionaries({"type": st.text(), "detail": st.text()}), max_size=3) | values,
    },
)
IDENTIFIER = {"type": "dns", "value": "a.test"}
CHALLENGE = {"url": URL, "type": "http-01", "status": "pending", "token": "t"}
RIGHT: dict[str, dict[str, Any]] = {
    "directory": {"newNonce": URL, "newAccount": URL, "newOrder": URL, "revokeCert": URL, "meta": {"website": URL}},
    "account": {"status": "valid", "contact": ["mailto:a@a.test"], "orders": URL},
    "order": {
        "status": "valid",
        "identifiers": [IDENTIFIER],
        "authorizations": [URL],
        "finalize": URL,
        "certificate": URL,
        "expires": "2026-01-01T00:00:00Z",
        "error": {"type": "about:blank", "detail": "none"},
    },
    "authorization": {"status": "pending", "identifier": IDENTIFIER, "challenges": [CHALLENGE], "wildcard": False},
}
MISSING = object()


@st.composite
def nearly_right(draw: st.DrawFn, right: dict[str, Any]) -> dict[str, Any]:
    """A JSON object of which at most two members are missing or something else, also inside."""
    altered = dict(right)
    for name in draw(st.sets(st.sampled_from(sorted(right)), max_size=2)):
        altered[name] = draw(
            urls | st.lists(urls, max_size=2) | statuses | values | st.just(MISSING) | inside(right[name])
        )
    return {name: value for name, value in altered.items() if value is not MISSING}


def inside(value: Any) -> st.SearchStrategy[Any]:
    """The same value with something wrong in it, where it has an inside."""
    match value:
        case dict():
            return nearly_right(value)
        case [dict(first), *_]:
            return st.lists(nearly_right(first), max_size=2)
        case _:
            return st.just(value)


Resource = directory.Directory | account.Account | order.Order | authorization.Authorization
parsers: dict[str, Callable[[bytes, str], Resource]] = {
    "directory": directory.parse,
    "account": account.parse,
    "order": order.parse,
    "authorization": authorization.parse,
}


@pytest.mark.parametrize("url", ["https://ca.example", "https://ca.example:14000/a?b=c", "https://[::1]/x"])
def test_an_https_url_is_one(url: str) -> None:
    assert is_https_url(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "/", "//ca.example/", "ca.example", "http://ca.example/", "ftp://ca.example/", "https:", "https:///x"),
        *(
            "https://ca.example:0/",
            "https://ca.example:70000/",
            "https://[::1/",
            "https://a b/",
            "https://a/\n",
            "https://é/",
        ),
    ],
)
def test_what_can_t_be_requested_as_it_stands_is_no_https_url(url: str) -> None:
    assert not is_https_url(url)


def urls_of(resource: Resource) -> list[str]:
    match resource:
        case directory.Directory():
            return [resource.new_nonce, resource.new_account, resource.new_order, *filter(None, [resource.revoke_cert])]
        case order.Order():
            return [resource.finalize, *resource.authorizations, *filter(None, [resource.certificate])]
        case authorization.Authorization():
            return [challenge.url for challenge in resource.challenges]
        case account.Account():
            return list(filter(None, [resource.orders]))
        case _:
            assert_never(resource)


@pytest.mark.parametrize("name", parsers)
@steady
@given(data=st.data())
def test_an_object_that_is_nearly_right_is_read_whole_or_refused(name: str, data: st.DataObject) -> None:
    members = data.draw(nearly_right(RIGHT[name]))
    try:
        resource = parsers[name](json.dumps(members).encode(), URL)
    except BadReplyError:
        assert members != RIGHT[name]
        return
    assert all(is_https_url(url) for url in urls_of(resource))


@pytest.mark.parametrize("name", parsers)
@steady
@given(body=st.binary() | values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_by_name(name: str, body: bytes) -> None:
    with pytest.raises(BadReplyError, match=r"ca\.example"):
        parsers[name](body, URL)


@steady
@given(status=st.integers(400, 599), body=st.binary() | problems.map(lambda value: json.dumps(value).encode()))
def test_any_refusal_becomes_a_problem_that_is_safe_to_print(status: int, body: bytes) -> None:
    document = problem.of_reply(status, "application/problem+json", body, URL)
    assert document.status == status
    assert str(problem.ProblemError(document)).replace("\n", "").isprintable()


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
def test_any_bytes_in_place_of_a_chain_are_certificates_or_refused(body: bytes) -> None:
    try:
        chain = certificate.parse(body, URL)
    except BadReplyError:
        return
    assert {certificates.to_pem(certificate) for certificate in chain.certificates} <= set(PEMS)


@steady
@given(data=st.data(), byte=st.integers(0, 255))
def test_a_certificate_with_one_byte_changed_is_refused(data: st.DataObject, byte: int) -> None:
    chain = chains.from_pem(b"".join(PEMS))
    key = chain[0].public_key()
    assert isinstance(key, PublicKey)
    der = bytearray(chain[0].public_bytes(serialization.Encoding.DER))
    position = data.draw(st.integers(0, len(der) - 1))
    assume(der[position] != byte)
    der[position] = byte
    pem = ssl.DER_cert_to_PEM_cert(bytes(der)).encode() + PEMS[1]
    with pytest.raises((BadReplyError, CertificateRefusedError)):
        certificate.must_be_for(certificate.parse(pem, URL), key, [Identifier.of("a.test")], NOW)


@steady
@given(value=st.text())
def test_only_base64url_is_taken_for_a_nonce(value: str) -> None:
    pool = NoncePool()
    pool.put(value)
    assert pool.take() == (value if value and all(c.isascii() and (c.isalnum() or c in "-_") for c in value) else None)
    assert pool.take() is None


@steady
@given(name=st.text() | st.from_regex(r"(\*\.)?[a-z0-9.-]{1,20}", fullmatch=True))
def test_what_is_taken_for_a_name_is_written_back_the_same(name: str) -> None:
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
        ("2001:0db8:0000:0000:0001:0000:0000:0001", "ip", "2001:db8::1:0:0:1"),
        ("2001:db8:0:1:1:1:1:1", "ip", "2001:db8:0:1:1:1:1:1"),
        ("::ffff:192.0.2.1", "ip", "::ffff:c000:201"),
        ("::192.0.2.1", "ip", "::c000:201"),
        ("1.a.test", "dns", "1.a.test"),
        ("localhost", "dns", "localhost"),
    ],
)
def test_a_name_has_one_form(name: str, type_: str, value: str) -> None:
    assert Identifier.of(name) == Identifier(type_, value)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("", "it is empty"),
        (".", "it ends with a dot"),
        ("a.test.", "it ends with a dot"),
        ("a..b", "an empty label"),
        (".a.test", "an empty label"),
        ("-a.test", "begin or end with a -"),
        ("a-.test", "begin or end with a -"),
        ("*", "the whole first label"),
        ("*.", "ends with a dot"),
        ("*.*.test", "the whole first label"),
        ("a.*.test", "the whole first label"),
        ("*a.test", "the whole first label"),
        ("a b", "a blank"),
        (" a.test", "a blank"),
        ("a.test\n", "a blank"),
        ("bücher.example", "ASCII form"),
        ("\u212a.test", "ASCII form"),  # the Kelvin sign: in lower case a k
        ("\uff1127.0.0.1", "ASCII form"),
        ("a" * 64, "at most 63 letters"),
        (".".join(["a" * 63] * 4), "more than 253 letters"),
        ("a$.test", "letters, digits, - and _ only"),
        ("https://a.test", "looks like a URL"),
        ("a.test/x", "looks like a URL"),
        ("//a.test", "looks like a URL"),
        ("a.test:443", "a port"),
        ("127.0.0.1:80", "a port"),
        ("me@a.test", "e-mail"),
        ("[::1]", "without brackets"),
        ("[127.0.0.1]", "without brackets"),
        ("fe80::1%eth0", "a zone"),
        ("::1%1", "a zone"),
        ("fe80:::1", "IPv6 address and isn't one"),
        ("::g", "IPv6 address and isn't one"),
        ("1:2:3", "IPv6 address and isn't one"),
        ("256.1.1.1", "IPv4 address and isn't one"),
        ("1.2.3", "IPv4 address and isn't one"),
        ("1.2.3.4.5", "IPv4 address and isn't one"),
        ("127.0.0.01", "IPv4 address and isn't one"),
        ("127.1", "IPv4 address and isn't one"),
        ("0x7f.0.0.0x1", "IPv4 address and isn't one"),
        ("2130706433", "IPv4 address and isn't one"),
        ("1.2.3.4.", "IPv4 address and isn't one"),
        ("*.1.2.3.4", "IPv4 address and isn't one"),
        ("1.2.3.4/8", "looks like a URL"),
        ("\udcff", "ASCII form"),
        ("a\0b", "letters, digits, - and _ only"),
    ],
)
def test_what_is_no_name_is_refused_with_what_is_wrong_with_it(name: str, wrong: str) -> None:
    with pytest.raises(BadNameError, match="neither a DNS name nor an IP address") as caught:
        Identifier.of(name)
    assert wrong in str(caught.value)
    assert len(str(caught.value)) <= 200


@pytest.mark.parametrize(("theirs", "ours"), [("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("127.0.0.1", "127.0.0.1")])
def test_an_address_that_a_ca_writes_otherwise_is_the_same(theirs: str, ours: str) -> None:
    assert Identifier.parse(Fields({"type": "ip", "value": theirs}, "it")) == Identifier.of(ours)
