"""Orders: a certificate on its way (RFC 8555 section 7.1.3, 7.1.6 and 7.4).

pending ──all authorizations valid──> ready ──finalize──> processing ──issued──> valid
   └───────────────────────── anything fails, or time runs out ──────────────> invalid
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certmanager.acme import problem
from certmanager.acme.errors import BadReplyError
from certmanager.acme.fields import Fields
from certmanager.acme.identifier import Identifier
from certmanager.acme.jws import Json, encode


class Status(StrEnum):
    """The states of an order (section 7.1.6)."""

    PENDING = "pending"
    READY = "ready"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"


OPEN = frozenset({Status.PENDING, Status.READY, Status.PROCESSING})  # it isn't over
MOST_AUTHORIZATIONS = 200  # that we look at: whatever names a certificate may have at the CAs that there are


@dataclass(frozen=True)
class Order:
    """An order as the CA shows it; `certificate` is there when it is valid, `retry_after` when the CA said so."""

    url: str
    status: Status
    identifiers: frozenset[Identifier]
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str | None
    expires: datetime.datetime | None
    error: problem.Problem | None
    retry_after: datetime.timedelta | None = None


def parse(body: bytes, url: str, retry_after: datetime.timedelta | None = None) -> Order:
    """Read an order.

    Raises:
        BadReplyError: it isn't one, or it is valid and leads to no certificate.
    """
    members = Fields.from_json(body, f"the order {url}")
    status = members.one_of("status", Status)
    certificate = members.url("certificate") if status is Status.VALID else members.optional_url("certificate")
    return Order(
        url=url,
        status=status,
        identifiers=frozenset(Identifier.parse(name) for name in members.nested_list("identifiers")),
        authorizations=members.urls("authorizations"),
        finalize=members.url("finalize"),
        certificate=certificate,
        expires=members.time("expires"),
        error=problem.parse(members.nested("error")) if members.has("error") else None,
        retry_after=retry_after,
    )


def creation(
    identifiers: Collection[Identifier],
    not_before: datetime.datetime | None = None,
    not_after: datetime.datetime | None = None,
) -> Json:
    """The payload of newOrder; most CAs refuse one that asks for a validity."""
    payload: dict[str, object] = {"identifiers": [name.to_json() for name in sorted(identifiers)]}
    if not_before is not None:
        payload["notBefore"] = not_before.isoformat(timespec="seconds")
    if not_after is not None:
        payload["notAfter"] = not_after.isoformat(timespec="seconds")
    return payload


def finalization(request: x509.CertificateSigningRequest) -> Json:
    """The payload of finalize: the request in DER (section 7.4)."""
    return {"csr": encode(request.public_bytes(serialization.Encoding.DER))}


def must_be_for(order: Order, identifiers: Collection[Identifier]) -> None:
    """Check that the order is for exactly `identifiers`.

    Raises:
        BadReplyError: it isn't.
    """
    if order.identifiers != frozenset(identifiers):
        theirs, ours = (", ".join(map(str, sorted(names))) for names in (order.identifiers, identifiers))
        raise BadReplyError(f"the order {order.url} is for {theirs}; asked for was {ours}")
