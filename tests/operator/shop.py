"""What tests do in a shop, and what they wait for: assertions that come true within 20 seconds."""

import json
from collections.abc import Callable
from typing import Any

from kubernetes.client import ApiException

from workshop.system.polling import eventually
from workshop.testing import crd, probe
from workshop.testing.icecreams import SOLD, Body, view
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop
from workshop.workspace.cluster import CHECKOUT

CRD = CHECKOUT / crd.CRD
HOLD = "example.com/hold"  # a finalizer that nobody takes away
REFUSALS = (404, 409, 422)


def create(shop: Shop, *icecreams: Body) -> list[Body]:
    """Create them one after the other and return them as they were stored."""
    return [shop.icecreams.create(icecream) for icecream in icecreams]


def attempt(request: Callable[..., object], *arguments: object, **more: object) -> bool:
    """Make a request about an icecream, and say whether it was granted: others may have come first, or it is gone."""
    try:
        request(*arguments, **more)
    except ApiException as error:
        if error.status not in REFUSALS:
            raise
        return False
    return True


def apply_crd(shop: Shop, changed: object | None = None) -> None:
    """Put a CRD in the place of the one that is there, or ours."""
    text = json.dumps(changed) if changed else CRD.read_text()
    shop.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)


def eventually_says(operator: OperatorProcess, *words: str) -> None:
    """Wait until the log of an operator that runs has these."""

    def look() -> None:
        output = operator.output()
        assert [word for word in words if word not in output] == [], output

    eventually(look)
    assert operator.is_alive


def icecreams_of(shop: Shop) -> dict[str, Body]:
    """All icecreams but the shop's own, by name."""
    by_name = {icecream["metadata"]["name"]: icecream for icecream in shop.icecreams.list()}
    return {name: icecream for name, icecream in by_name.items() if not name.startswith(probe.PREFIX)}


def eventually_left(shop: Shop, *names: str) -> None:
    """Wait until these are left, and each of them is sold."""

    def look() -> None:
        left = {name: view(icecream).get("Ready") for name, icecream in icecreams_of(shop).items()}
        assert left == dict.fromkeys(names, SOLD)

    eventually(look)


def eventually_ready(shop: Shop, **reasons: str) -> None:
    """Wait until the condition Ready of these has these reasons."""

    def look() -> None:
        icecreams = icecreams_of(shop)
        assert {name: reason(icecreams.get(name)) for name in reasons} == reasons

    eventually(look)


def reason(icecream: Body | None) -> str:
    """The reason of the condition Ready."""
    conditions = (icecream or {}).get("status", {}).get("conditions", ())
    return next((str(condition["reason"]) for condition in conditions if condition["type"] == "Ready"), "")


def eventually_status(shop: Shop, name: str, **fields: Any) -> Body:
    """Wait until the status has these fields, and return it."""

    def look() -> Body:
        status: Body = icecreams_of(shop)[name].get("status", {})
        assert {field: status.get(field) for field in fields} == fields
        return status

    return eventually(look)


def eventually_event(shop: Shop, name: str, reason: str, note: str) -> None:
    """Wait until there is such an Event about an icecream."""

    def look() -> None:
        assert (reason, note) in shop.events(name)

    eventually(look)
