"""Links and Locations: read as RFC 8288 and RFC 9110 write them, resolved against what was asked, https only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from certmanager.acme.errors import BadReplyError
from certmanager.acme.transport import Reply
from certmanager.acme.urls import is_https_url

ASKED = "https://ca.example/certificate/7"
ONE, TWO = "https://ca.example/1", "https://ca.example/2"


def reply(**headers: str | list[str]) -> Reply:
    pairs = [
        (name, value) for name, values in headers.items() for value in ([values] if isinstance(values, str) else values)
    ]
    return Reply(ASKED, 200, CIMultiDictProxy(CIMultiDict(pairs)), b"")


@pytest.mark.parametrize(
    "header",
    [
        f'<{ONE}>;rel="alternate"',
        f"<{ONE}>;rel=alternate",
        f'<{ONE}>;title="x";rel="alternate"',
        f'<{ONE}>;rel="up alternate"',
        f'<{ONE}>;REL="Alternate"',
        f' < {ONE} > ; rel = "alternate" ',
        f'<{ONE}>; crossorigin; rel="alternate"',
        f'<{ONE}>;rel="alternate";',
        f'<{ONE}>;title="a, b; c";rel=alternate',
        f'<{ONE}>;title="a \\" b";rel=alternate',
        f"<{ONE}>;title*=UTF-8''x;rel=alternate",
        f"<{ONE}>;rel=alternate;rel=up",
        f",, <{ONE}>;rel=alternate",
        f"<{ONE}>;rel=alternate, <{TWO}",
        f"<{ONE}>;rel=alternate, <{ONE}>;rel=alternate",
        "</1>;rel=alternate",
        "<../1>;rel=alternate",
        "<//ca.example/1>;rel=alternate",
    ],
)
def test_a_link_is_found_however_it_is_written(header: str) -> None:
    assert reply(Link=header).links("alternate") == (ONE,)


@pytest.mark.parametrize(
    "header",
    [
        f'<{TWO}>;rel=up;title="<{ONE}>;rel=alternate"',
        f'<{TWO}>;rel=up;title=", <{ONE}>;rel=alternate"',
        f'<{TWO}>;rel=up;title="\\", <{ONE}>;rel=alternate"',
        f"<{ONE}>;rel=up;rel=alternate",
        f"<{ONE}>;rel=alternates",
        f"<{ONE}>;rev=alternate",
        f'<{ONE}>;rel=alternate;anchor="#other"',
        f"{ONE};rel=alternate",
        f"<{ONE}>",
        "<http://ca.example/1>;rel=alternate",
        "<https://ca.example:99999/>;rel=alternate",
        "<https://[/>;rel=alternate",
        "",
    ],
)
def test_what_only_looks_like_a_link_is_none(header: str) -> None:
    assert reply(Link=header).links("alternate") == ()


@pytest.mark.parametrize(
    "headers", [[f"<{ONE}>;rel=alternate, <{TWO}>;rel=alternate"], [f"<{ONE}>;rel=alternate", f"<{TWO}>;rel=alternate"]]
)
def test_several_links_are_found_in_one_header_or_in_several(headers: list[str]) -> None:
    assert reply(Link=headers).links("alternate") == (ONE, TWO)


@given(header=st.text() | st.text('<>;,="\\ rel/'))
def test_any_link_header_gives_https_urls_only(header: str) -> None:
    assert all(is_https_url(url) for url in reply(Link=header).links("alternate"))


@pytest.mark.parametrize("location", [ONE, "/1", "../1", "//ca.example/1", f" {ONE} "])
def test_a_location_may_be_relative(location: str) -> None:
    assert reply(Location=location).location == ONE


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("", "it is empty"),
        ("http://ca.example/1", "it isn't https"),
        ("javascript:alert(1)", "it isn't https"),
        ("https:///1", "no host"),
        ("https://ca.example:99999/1", "[Pp]ort"),
        ("https://a..b/1", "an empty label"),
        (f"https://{'a' * 70}/1", "more than 63 letters"),
        ("/a b", "a blank"),
        ("https://[/", "no URL"),
    ],
)
def test_a_location_that_can_t_be_asked_is_refused_with_the_reason(location: str, reason: str) -> None:
    with pytest.raises(BadReplyError, match=f"without a Location that is an https URL: .*{reason}"):
        reply(Location=location).location  # noqa: B018 - it is asked for its error


def test_a_header_as_long_as_a_reply_may_have_is_read_in_no_time() -> None:
    for part in ('<a>;rel=x;t="\\', "<a>;" * 2, ";", "<", " ,", '"'):
        header = part * (8000 // len(part))
        assert reply(Link=header).links("alternate") == ()
