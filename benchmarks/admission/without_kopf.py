"""The operator whose reviews don't go through kopf. Usage: as of `python -m icecream_operator`.

It answers as kopf would: what is left out is what kopf does between server and handler.
"""

import sys
from collections.abc import AsyncIterator
from typing import Any

import kopf

from icecream_operator.__main__ import main
from icecream_operator.webhook import operation, scope
from icecream_operator.webhook.admission import Admission
from icecream_operator.webhook.server import WebhookServer


class DirectAdmission(Admission):
    """Leaves itself where the server finds it."""

    def register(self, registry: kopf.OperatorRegistry) -> None:
        """Register with kopf too, else that would start no server."""
        super().register(registry)
        DirectServer.admission = self


class DirectServer(WebhookServer):
    """Hands reviews to `answer`."""

    admission: Admission

    async def __call__(self, _review: kopf.WebhookFn) -> AsyncIterator[kopf.WebhookClientConfig]:
        """Serve until cancelled."""
        async for client_config in super().__call__(answer):  # type: ignore[arg-type]
            yield client_config


async def answer(review: Any, *, webhook: str) -> Any:  # noqa: ARG001
    request = review["request"]
    response: dict[str, Any] = {"uid": request["uid"], "allowed": True}
    if scope.concerns(request["operation"], request.get("oldObject"), request["object"]):
        validation = DirectServer.admission.validate(request["object"])
        if validation.warnings:
            response["warnings"] = list(validation.warnings)
        if validation.faults:
            response |= {"allowed": False, "status": {"message": "; ".join(validation.faults), "code": 422}}
    return {"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}


if __name__ == "__main__":
    vars(operation).update(Admission=DirectAdmission, WebhookServer=DirectServer)
    sys.exit(main())
