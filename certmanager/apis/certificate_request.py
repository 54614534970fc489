"""CertificateRequest: one signing request, never changed once it is made, and what came of it."""

import base64
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certmanager.apis import conditions, go_duration, metadata, references
from certmanager.apis.annotations import CERTIFICATE_REVISION
from certmanager.apis.metadata import ObjectMeta
from certmanager.apis.references import IssuerReference
from certmanager.apis.times import read_time

KIND, PLURAL = "CertificateRequest", "certificaterequests"


@dataclass(frozen=True, slots=True)
class CertificateRequestSpec:
    """What is asked for: `request` is a CSR in PEM, `duration` and `usages` are as written, None and () where not.

    `username` and its neighbours are those of whoever made the object; the API server has stamped them.
    """

    issuer_ref: IssuerReference
    request: bytes
    duration: datetime.timedelta | None = None
    is_ca: bool = False
    usages: tuple[str, ...] = ()
    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateRequestStatus:
    """What came of it: `certificate` is the leaf and its intermediates in PEM, `ca` the top of the chain if known."""

    conditions: Sequence[Mapping[str, Any]] = ()
    certificate: bytes = b""
    ca: bytes = b""
    failure_time: datetime.datetime | None = None


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """One stored CertificateRequest."""

    metadata: ObjectMeta
    spec: CertificateRequestSpec
    status: CertificateRequestStatus

    @property
    def revision(self) -> int | None:
        """Which issuance of its Certificate it belongs to; None where it was made by hand."""
        text = self.metadata.annotations.get(CERTIFICATE_REVISION, "")
        return int(text) if text.isdecimal() else None

    @property
    def approved(self) -> bool:
        """Whether it may be signed."""
        return conditions.is_true(self.status.conditions, conditions.APPROVED)

    @property
    def denied(self) -> bool:
        """Whether it must never be signed."""
        return conditions.is_true(self.status.conditions, conditions.DENIED)


def parse(body: Mapping[str, Any]) -> CertificateRequest:
    """Read an object of the API server."""
    spec, status = body["spec"], body.get("status") or {}
    return CertificateRequest(
        metadata=metadata.parse(body),
        spec=CertificateRequestSpec(
            issuer_ref=references.issuer(spec["issuerRef"]),
            request=base64.b64decode(spec["request"]),
            duration=go_duration.parse(spec["duration"]) if spec.get("duration") else None,
            is_ca=spec.get("isCA", False),
            usages=tuple(spec.get("usages") or ()),
            username=spec.get("username", ""),
            uid=spec.get("uid", ""),
            groups=tuple(spec.get("groups") or ()),
        ),
        status=CertificateRequestStatus(
            conditions=status.get("conditions") or (),
            certificate=base64.b64decode(status.get("certificate", "")),
            ca=base64.b64decode(status.get("ca", "")),
            failure_time=read_time(status.get("failureTime")),
        ),
    )
