"""Certificate: which certificate is wanted in which Secret, from whom, and how far its issuance is."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certmanager.apis import certificate_spec, metadata
from certmanager.apis.certificate_spec import CertificateSpec
from certmanager.apis.metadata import ObjectMeta
from certmanager.apis.times import read_time

KIND, PLURAL = "Certificate", "certificates"


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """How far it is; what isn't known is None.

    `revision` is the number of the issuance that is in the Secret, `failed_issuance_attempts` how many have failed
    since then.
    """

    conditions: Sequence[Mapping[str, Any]] = ()
    not_before: datetime.datetime | None = None
    not_after: datetime.datetime | None = None
    renewal_time: datetime.datetime | None = None
    revision: int | None = None
    next_private_key_secret_name: str | None = None
    last_failure_time: datetime.datetime | None = None
    failed_issuance_attempts: int | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """One stored Certificate."""

    metadata: ObjectMeta
    spec: CertificateSpec
    status: CertificateStatus


def parse(body: Mapping[str, Any]) -> Certificate:
    """Read an object of the API server."""
    status = body.get("status") or {}
    return Certificate(
        metadata=metadata.parse(body),
        spec=certificate_spec.parse(body["spec"]),
        status=CertificateStatus(
            conditions=status.get("conditions") or (),
            not_before=read_time(status.get("notBefore")),
            not_after=read_time(status.get("notAfter")),
            renewal_time=read_time(status.get("renewalTime")),
            revision=status.get("revision"),
            next_private_key_secret_name=status.get("nextPrivateKeySecretName"),
            last_failure_time=read_time(status.get("lastFailureTime")),
            failed_issuance_attempts=status.get("failedIssuanceAttempts"),
        ),
    )
