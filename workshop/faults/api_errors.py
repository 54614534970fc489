"""What the API server says when it says no, word for word as kube-apiserver 1.36 does.

Kubernetes' own words are in k8s.io/apimachinery `pkg/api/errors` and k8s.io/apiserver `pkg/server/filters`.
"""

import json
from collections.abc import Mapping
from typing import Any

from workshop.faults.actions import Respond

_MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"
_NOSNIFF = {"X-Content-Type-Options": "nosniff"}


def conflict(group: str, resource: str, name: str) -> Respond:
    """409 (NewConflict): the object is no longer as the client saw it.

    To a delete the API server says it in other words, with the precondition in them; reason and code are these.
    """
    qualified = f"{resource}.{group}" if group else resource
    details = {"name": name, **({"group": group} if group else {}), "kind": resource}
    message = f'Operation cannot be fulfilled on {qualified} "{name}": {_MODIFIED}'
    return response(_status(409, message, "Conflict", details))


def too_many_requests(retry_after: int) -> Respond:
    """429 of API Priority and Fairness: plain text, not a Status (filters/priority-and-fairness.go).

    `retry_after` is in seconds.
    """
    headers = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": str(retry_after), **_NOSNIFF}
    return Respond(429, headers, b"Too many requests, please try again later.\n")


def etcd_timeout(*, forwarded: bool) -> Respond:
    """500 when etcd didn't answer in time; the API server passes etcd's words on, without a reason."""
    return response(_status(500, "etcdserver: request timed out"), forwarded=forwarded)


def shutting_down() -> Respond:
    """503 of an API server that is about to end (filters/waitgroup.go)."""
    status = _status(503, "apiserver is shutting down", "ServiceUnavailable")
    return response(status, headers={"Retry-After": "1", **_NOSNIFF})


def timeout(*, forwarded: bool) -> Respond:
    """504 (NewTimeoutError): the API server gave up waiting; what it waited for may still have happened."""
    message = "Timeout: request did not complete within the allotted timeout"
    return response(_status(504, message, "Timeout", {}), forwarded=forwarded)


def resource_expired(resource_version: str) -> dict[str, Any]:
    """The Status of 410 (NewResourceExpired): the watch cache has forgotten where the watch wants to begin."""
    return _status(410, f"too old resource version: {resource_version} ({int(resource_version) + 1})", "Expired")


def compacted() -> dict[str, Any]:
    """The Status of 410 in the middle of a watch: etcd was compacted past it (etcd3/errors.go, interpretWatchError)."""
    return _status(410, "The resourceVersion for the provided watch is too old.", "Expired")


def response(status: dict[str, Any], *, forwarded: bool = False, headers: Mapping[str, str] | None = None) -> Respond:
    """A Status as the response to a request."""
    json_headers = {"Content-Type": "application/json", **(headers or {})}
    return Respond(status["code"], json_headers, _line(status), forwarded)


def watch_response(status: dict[str, Any]) -> Respond:
    """A Status as kube-apiserver has it today: a watch that begins well, and whose only event is the error."""
    return Respond(200, {"Content-Type": "application/json"}, error_event(status))


def error_event(status: dict[str, Any]) -> bytes:
    """A Status as the last line of a watch."""
    return _line({"type": "ERROR", "object": status})


def _status(code: int, message: str, reason: str = "", details: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        **({"reason": reason} if reason else {}),
        **({"details": details} if details is not None else {}),
        "code": code,
    }


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
