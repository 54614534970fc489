"""What is written about a CertificateRequest: its conditions, which have no observedGeneration. Pure."""

import datetime
from typing import Any

from certmanager.apis.certificate_request import CertificateRequest
from reconciling.conditions import Condition, set_condition


def with_condition(request: CertificateRequest, new: Condition, now: datetime.datetime) -> list[dict[str, Any]]:
    """Its conditions with the new one in its place."""
    conditions = set_condition(request.status.conditions, new, 0, now)
    return [{field: value for field, value in one.items() if field != "observedGeneration"} for one in conditions]
