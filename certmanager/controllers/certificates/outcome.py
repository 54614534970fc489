"""How a duty wants the status to be, and what is to be written for that. Pure."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from certmanager.apis.certificate import CertificateStatus
from certmanager.apis.times import write_time

_FIELDS = {
    "conditions": "conditions",
    "not_before": "notBefore",
    "not_after": "notAfter",
    "renewal_time": "renewalTime",
    "revision": "revision",
    "next_private_key_secret_name": "nextPrivateKeySecretName",
    "last_failure_time": "lastFailureTime",
    "failed_issuance_attempts": "failedIssuanceAttempts",
}


@dataclass(frozen=True)
class Outcome:
    """The status that is wanted, and when to look again though nothing may have changed."""

    status: CertificateStatus
    again_at: datetime.datetime | None = None


def changes(seen: CertificateStatus, wanted: CertificateStatus) -> dict[str, Any]:
    """The fields of the status that differ, as the API server has them; None is for one that goes."""
    return {
        _FIELDS[field.name]: _as_json(getattr(wanted, field.name))
        for field in fields(CertificateStatus)
        if getattr(seen, field.name) != getattr(wanted, field.name)
    }


def _as_json(value: object) -> object:
    if isinstance(value, datetime.datetime):
        return write_time(value)
    return [dict(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else value
