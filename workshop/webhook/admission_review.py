"""What the API server asks a webhook, and what makes an answer to it (admission.k8s.io/v1). Plain values."""

import json
from collections.abc import Mapping
from typing import Any

API_VERSION, KIND = "admission.k8s.io/v1", "AdmissionReview"
_RESOURCE = {"group": "demo.lva.io", "version": "v1", "resource": "icecreams"}
_KIND = {"group": "demo.lva.io", "version": "v1", "kind": "Icecream"}


def icecream(name: str, *flavours: str) -> dict[str, Any]:
    """Return an order."""
    return {
        "apiVersion": "demo.lva.io/v1",
        "kind": "Icecream",
        "metadata": {"name": name},
        "spec": {"flavour": list(flavours)},
    }


def request(uid: str, ordered: Mapping[str, Any]) -> bytes:
    """Return the question whether `ordered` may be created, as a dry run."""
    review = {
        "uid": uid,
        "kind": _KIND,
        "resource": _RESOURCE,
        "requestKind": _KIND,
        "requestResource": _RESOURCE,
        "name": ordered["metadata"]["name"],
        "operation": "CREATE",
        "userInfo": {"username": "workshop webhook check", "groups": ["system:authenticated"]},
        "object": ordered,
        "oldObject": None,
        "dryRun": True,
        "options": {"apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions", "dryRun": ["All"]},
    }
    return json.dumps({"apiVersion": API_VERSION, "kind": KIND, "request": review}).encode()


def answer(body: bytes, uid: str) -> str:
    """Return in words what the webhook answers.

    Raises:
        ValueError: it is no answer; the message says why.
    """
    try:
        review = json.loads(body)
    except ValueError:
        raise ValueError(f"it answers {_quoted(body)}, which is not JSON") from None
    if not isinstance(review, dict) or (review.get("apiVersion"), review.get("kind")) != (API_VERSION, KIND):
        raise ValueError(f"it answers {_quoted(body)}, which is no {KIND} of {API_VERSION}")
    response = review.get("response") or {}
    if response.get("allowed") not in (True, False):
        raise ValueError(f"its {KIND} has no response that says allowed: {_quoted(body)}")
    if response.get("uid") != uid:
        raise ValueError(f"its response is for uid {response.get('uid')!r}, and {uid!r} was asked")
    return "allowed" if response["allowed"] else f"denied: {(response.get('status') or {}).get('message', '')}"


def came_through(said: str, webhook: str) -> bool:
    """Whether kubectl's words on a create, as a dry run, are those of one that the webhook had in hand."""
    return "created (server dry run)" in said or f'admission webhook "{webhook}" denied the request' in said


def _quoted(body: bytes) -> str:
    text = body.decode(errors="replace")
    return repr(text) if len(text) <= 80 else f"{text[:80]!r}..."
