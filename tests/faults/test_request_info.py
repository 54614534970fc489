"""What a request is to Kubernetes."""

import json

import pytest

from workshop.faults.actions import HttpRequest
from workshop.faults.request_info import RequestInfo

ICECREAMS = "/apis/demo.lva.io/v1/icecreams"
PRECONDITIONS = json.dumps({"preconditions": {"uid": "1"}}).encode()


def info(method: str, target: str, body: bytes = b"") -> RequestInfo:
    return RequestInfo.of(HttpRequest(method, target, body))


@pytest.mark.parametrize(
    ("method", "target", "text"),
    [
        ("GET", ICECREAMS, "list icecreams"),
        ("GET", f"{ICECREAMS}?watch=true&resourceVersion=5", "watch icecreams"),
        ("GET", f"{ICECREAMS}?watch=0", "list icecreams"),
        ("GET", f"{ICECREAMS}/vanilla", "get icecreams/vanilla"),
        ("POST", ICECREAMS, "create icecreams"),
        ("PUT", f"{ICECREAMS}/vanilla", "update icecreams/vanilla"),
        ("PATCH", f"{ICECREAMS}/vanilla/status?fieldManager=x", "patch icecreams/vanilla/status"),
        ("DELETE", f"{ICECREAMS}/vanilla", "delete icecreams/vanilla"),
        ("DELETE", ICECREAMS, "deletecollection icecreams"),
        ("GET", "/api/v1/namespaces/shop/configmaps/menu", "get shop/configmaps/menu"),
        ("POST", "/api/v1/namespaces/shop/serviceaccounts/x/token", "create shop/serviceaccounts/x/token"),
        ("GET", "/api/v1/namespaces", "list namespaces"),
        ("GET", "/api/v1/namespaces/shop", "get namespaces/shop"),
        ("PUT", "/api/v1/namespaces/shop/finalize", "update namespaces/shop/finalize"),
        ("GET", "/version", "get /version"),
        ("GET", "/apis/demo.lva.io/v1", "get /apis/demo.lva.io/v1"),
        ("GET", "/apis", "get /apis"),
    ],
)
def test_a_request_is_named_by_verb_and_object(method: str, target: str, text: str) -> None:
    assert str(info(method, target)) == text


@pytest.mark.parametrize(
    ("method", "target", "writes"),
    [
        ("POST", ICECREAMS, True),
        ("POST", "/apis/events.k8s.io/v1/namespaces/default/events", True),
        ("DELETE", ICECREAMS, True),
        ("PATCH", f"{ICECREAMS}/vanilla?dryRun=All", False),
        ("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", False),
        ("GET", ICECREAMS, False),
    ],
)
def test_a_write_is_what_changes_something_that_is_stored(method: str, target: str, writes: bool) -> None:
    assert info(method, target).writes is writes


@pytest.mark.parametrize(
    ("method", "body", "guarded"),
    [
        ("PUT", b"{}", True),
        ("PATCH", b"{}", True),
        ("DELETE", PRECONDITIONS, True),
        ("DELETE", b'{"propagationPolicy":"Background"}', False),
        ("DELETE", b"", False),
        ("DELETE", b"k8s\0\n\x02v1", False),
        ("POST", b"{}", False),
    ],
)
def test_the_api_server_finds_conflicts_where_the_client_says_what_it_saw(
    method: str, body: bytes, guarded: bool
) -> None:
    assert info(method, f"{ICECREAMS}/vanilla", body).is_guarded is guarded


@pytest.mark.parametrize(
    ("query", "version"),
    [
        ("watch=1&resourceVersion=5", "5"),
        ("watch=1&resourceVersion=0", ""),
        ("watch=1", ""),
        ("resourceVersion=5", ""),
        ("watch=1&resourceVersion=5&sendInitialEvents=true&resourceVersionMatch=NotOlderThan", ""),
    ],
)
def test_a_watch_may_name_where_it_begins(query: str, version: str) -> None:
    assert info("GET", f"{ICECREAMS}?{query}").watches_from == version
