"""Which lists may be answered from an earlier state, and how the API server is asked for one.

Nothing is made up: the API server itself still knows what was, and answers at an exact resourceVersion. Which requests
may get such an answer is what Kubernetes guarantees (`resourceVersion` of a list, in its API concepts):

| resourceVersion | resourceVersionMatch | guarantee | stale |
|---|---|---|---|
| not set | | most recent, also from the watch cache since 1.31 | never |
| "0" | not set, NotOlderThan | any, even older than what the client has seen: another API server may lag | yes |
| another | not set, NotOlderThan | not older than that | down to that |
| another | Exact | that | never |

kopf lists without a resourceVersion, client-go's informers at their start with "0". A watch isn't touched: it says
where it begins. What lags for everyone are its events; that is the fault `latency`.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

from workshop.faults.request_info import RequestInfo

_VERSION = re.compile(rb'"metadata":\s*{[^{}]*?"resourceVersion":\s*"(\d+)"')


def oldest_allowed(info: RequestInfo) -> int | None:
    """The oldest resourceVersion with which `info` may be answered, or None if only the most recent will do."""
    version = info.query.get("resourceVersion", "")
    if info.verb != "list" or info.query.get("continue") or not version.isdecimal():
        return None
    if info.query.get("resourceVersionMatch", "NotOlderThan") != "NotOlderThan":
        return None
    return int(version)


def earlier_target(info: RequestInfo, list_versions: Sequence[int], share: float) -> str | None:
    """The target that asks for one of these earlier versions, chosen by 0 ≤ `share` < 1; None if none is allowed."""
    oldest = oldest_allowed(info)
    allowed = [version for version in list_versions if oldest is not None and version >= oldest]
    if not allowed:
        return None
    return target_as_of(info, allowed[int(share * len(allowed))])


def target_as_of(info: RequestInfo, version: int) -> str:
    """The target of a list that asks for exactly this version."""
    return f"{info.path}?{urlencode({**info.query, 'resourceVersion': version, 'resourceVersionMatch': 'Exact'})}"


def resource_version(body: bytes) -> int | None:
    """The resourceVersion of a list, from its JSON."""
    match = _VERSION.search(body)
    return int(match[1]) if match else None
