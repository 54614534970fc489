"""The words of conditions, upstream's, and how to find one. How they are written is `reconciling.conditions`' business.

A CertificateRequest's conditions have no observedGeneration: its spec can't change.
"""

from collections.abc import Iterable, Mapping
from typing import Any

READY = "Ready"
ISSUING = "Issuing"  # a Certificate is being issued, or has failed to be
APPROVED = "Approved"
DENIED = "Denied"
INVALID_REQUEST = "InvalidRequest"

# Reasons of a CertificateRequest's Ready.
PENDING = "Pending"
FAILED = "Failed"
ISSUED = "Issued"
REASON_DENIED = "Denied"

# Reasons of a Certificate's Ready and Issuing.
REASON_READY = "Ready"
DOES_NOT_EXIST = "DoesNotExist"
MISSING_DATA = "MissingData"
INVALID_KEY_PAIR = "InvalidKeyPair"
INVALID_CERTIFICATE = "InvalidCertificate"
INCORRECT_ISSUER = "IncorrectIssuer"
INCORRECT_CERTIFICATE = "IncorrectCertificate"
SECRET_MISMATCH = "SecretMismatch"  # noqa: S105 - a reason
REQUEST_CHANGED = "RequestChanged"
RENEWING = "Renewing"
EXPIRED = "Expired"

# Reasons of an Issuer's Ready.
IS_READY = "IsReady"
KEY_PAIR_VERIFIED = "KeyPairVerified"
ERR_GET_KEY_PAIR = "ErrGetKeyPair"
ERR_INVALID_KEY_PAIR = "ErrInvalidKeyPair"
ERR_INIT_ISSUER = "ErrInitIssuer"

_Conditions = Iterable[Mapping[str, Any]]


def find(conditions: _Conditions, type_: str) -> Mapping[str, Any] | None:
    """The condition of a type, if there is one."""
    return next((condition for condition in conditions if condition["type"] == type_), None)


def is_true(conditions: _Conditions, type_: str) -> bool:
    """Whether there is such a condition, and it is True."""
    condition = find(conditions, type_)
    return condition is not None and condition["status"] == "True"


def reason(conditions: _Conditions, type_: str) -> str:
    """The reason of the condition of a type, or nothing."""
    return str((find(conditions, type_) or {}).get("reason", ""))
