"""Which lists may be answered from an earlier state."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.faults import stale_lists
from workshop.faults.actions import HttpRequest
from workshop.faults.request_info import RequestInfo

PATH = "/apis/demo.lva.io/v1/icecreams"


def list_request(query: str) -> RequestInfo:
    return RequestInfo.of(HttpRequest("GET", f"{PATH}?{query}"))


@pytest.mark.parametrize(
    ("query", "oldest"),
    [
        ("", None),
        ("resourceVersion=", None),
        ("resourceVersion=0", 0),
        ("resourceVersion=0&resourceVersionMatch=NotOlderThan", 0),
        ("resourceVersion=7", 7),
        ("resourceVersion=7&resourceVersionMatch=NotOlderThan", 7),
        ("resourceVersion=7&resourceVersionMatch=Exact", None),
        ("resourceVersion=0&limit=5", 0),
        ("resourceVersion=0&limit=5&continue=abc", None),
        ("watch=1&resourceVersion=7", None),
        ("resourceVersion=nonsense", None),
    ],
)
def test_a_list_is_only_answered_with_what_kubernetes_allows(query: str, oldest: int | None) -> None:
    assert stale_lists.oldest_allowed(list_request(query)) == oldest


@given(oldest=st.integers(0, 20), list_versions=st.lists(st.integers(1, 20)), share=st.floats(0, 1, exclude_max=True))
def test_an_earlier_state_is_one_that_was_listed_and_never_older_than_asked_for(
    oldest: int, list_versions: list[int], share: float
) -> None:
    request = list_request(f"labelSelector=a%3Db&resourceVersion={oldest}")
    target = stale_lists.earlier_target(request, list_versions, share)
    if target is None:
        assert all(version < oldest for version in list_versions)
        return
    query = parse_qs(urlsplit(target).query)
    version = int(query["resourceVersion"][0])
    assert version in list_versions
    assert version >= oldest
    assert query["resourceVersionMatch"] == ["Exact"]
    assert query["labelSelector"] == ["a=b"]


@pytest.mark.parametrize(
    ("head", "version"),
    [
        (b'{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"258"},"items":[{"metadata":', 258),
        (b'{"apiVersion":"v1","items":[],"kind":"List","metadata":{"continue":"","resourceVersion": "7"}}', 7),
        (b'{"kind":"Table","metadata":{"remainingItemCount":3,"resourceVersion":"9"}', 9),
        (b"k8s\0\n\x02v1", None),
        (b"", None),
    ],
)
def test_a_lists_resource_version_stands_at_its_beginning(head: bytes, version: int | None) -> None:
    assert stale_lists.resource_version(head) == version
