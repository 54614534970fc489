"""What goes wrong with a CA, as exceptions: whether to try again is part of each.

`ProblemError`, the CA's own word on it, stands in `problem`.
"""

import datetime


class AcmeError(Exception):
    """Something failed between us and the CA.

    `retryable`: the same may succeed later, after `retry_after` if the CA said so. Otherwise something has to change
    first, and the message says what.
    """

    retryable = False
    retry_after: datetime.timedelta | None = None


class UnreachableError(AcmeError):
    """No reply: the network, TLS or a timeout stands between us and the CA."""

    retryable = True


class BadReplyError(AcmeError):
    """The CA's reply is not what RFC 8555 asks for; nothing of it was taken over."""


class StillPendingError(AcmeError):
    """A resource didn't reach its next state in the time we were ready to wait; it may still do so."""

    retryable = True


class OrderFailedError(AcmeError):
    """The order is `invalid`: final. A new order for the same names may succeed once the cause is gone."""


class NoChallengeError(AcmeError):
    """The CA offers no challenge of the wanted type for a name."""


class CertificateRefusedError(AcmeError):
    """What the CA sent is not the certificate that was ordered; it must not be used."""


class CertificateExpiredError(CertificateRefusedError):
    """What the CA sent was the certificate that was ordered, and has expired; a new order gives another."""


class SolverError(AcmeError):
    """A proof couldn't be shown, or the place for it can't be had: the fault is on our side of the CA."""
