"""What kopf calls with each AdmissionReview: it brings together what `validation` judges, and answers.

kopf's part is the envelope: uid, `allowed`, `warnings` and the status that says why. It doesn't write the webhook
configuration, as it could: that is a manifest, and its caBundle is somebody else's to fill in.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import kopf

from icecream_operator.cache import Cache
from icecream_operator.icecream import GROUP, PLURAL, VERSION, parse
from icecream_operator.webhook import scope
from icecream_operator.webhook.menu import MISSING, Menu
from icecream_operator.webhook.validation import Validation, validate
from reconciling.kopf_internals import silence_refusals
from reconciling.logs import object_logger

HANDLER_ID = "validate-demo-lva-io-v1-icecream"  # with a slash before it, the path in the webhook configuration
NOT_STORED_YET = {"uid": "", "resourceVersion": "0", "generation": 0, "creationTimestamp": "", "name": ""}
logger = logging.getLogger(__name__)


class Admission:
    """Answers by the menu and the cache, both as they are now: it sends no request, so a dry run is like any other."""

    def __init__(self, menu: Callable[[], Menu | None], cache: Callable[[], Cache], *, evicts: bool) -> None:
        self._menu = menu
        self._cache = cache
        self._evicts = evicts

    def register(self, registry: kopf.OperatorRegistry) -> None:
        """Have kopf hand over the reviews."""
        silence_refusals()

        @kopf.on.validate(GROUP, VERSION, PLURAL, id=HANDLER_ID, registry=registry)
        async def handle(*, warnings: list[str], **review: Any) -> None:
            if scope.concerns(review["operation"], review["old"], review["new"]):
                validation = self.validate(review["new"])
                warnings.extend(validation.warnings)
                if validation.faults:
                    object_logger(logger, review["name"] or "").info("Refused: %s", "; ".join(validation.faults))
                    raise kopf.AdmissionError(_message(validation.faults), code=HTTPStatus.UNPROCESSABLE_ENTITY)

    def validate(self, body: Mapping[str, Any]) -> Validation:
        """Judge an object as it shall be stored."""
        menu = self._menu()
        if menu is None:
            return Validation([MISSING])
        icecream = parse({**body, "metadata": NOT_STORED_YET | body["metadata"]})
        toppings = (body.get("spec") or {}).get("topping", ())
        stored = self._cache().connected(icecream.flavours)
        return validate(icecream, toppings, menu, stored, evicts=self._evicts)


def _message(faults: Sequence[str]) -> str:
    """Several faults are a list, as kubectl shows those of the schema."""
    return faults[0] if len(faults) == 1 else "".join(f"\n* {fault}" for fault in faults)
