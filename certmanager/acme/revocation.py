"""Revocation: a certificate taken back before its time (RFC 8555 section 7.6)."""

from enum import IntEnum

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certmanager.acme.jws import Json, encode


class Reason(IntEnum):
    """Why (RFC 5280 section 5.3.1); most CAs take only some of them from a subscriber."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


def request(certificate: x509.Certificate, reason: Reason | None) -> Json:
    """The payload of revokeCert: the certificate in DER, and why."""
    payload: dict[str, object] = {"certificate": encode(certificate.public_bytes(serialization.Encoding.DER))}
    if reason is not None:
        payload["reason"] = int(reason)
    return payload
