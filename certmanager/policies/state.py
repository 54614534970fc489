"""What the checks look at, and what they answer (upstream: `policies.Input`, `policies.Func`)."""

from collections.abc import Callable
from dataclasses import dataclass

from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.secret import Secret


@dataclass(frozen=True)
class State:
    """A Certificate, and what belongs to it, as far as that is there.

    `secret` is the one of spec.secretName. `current_request` led to the certificate of status.revision; `next_request`
    is that of the revision after it, which is being issued, or has failed to be.
    """

    certificate: Certificate
    secret: Secret | None = None
    current_request: CertificateRequest | None = None
    next_request: CertificateRequest | None = None


@dataclass(frozen=True)
class Violation:
    """Why it isn't as it should be: `reason` is a word for programs, `message` a sentence for people."""

    reason: str
    message: str


Check = Callable[[State], Violation | None]
