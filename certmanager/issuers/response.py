"""What comes of a certificate request: a certificate, or the reason why there never will be one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class IssueResponse:
    """PEM for a request's status: `certificate` is the chain from the leaf on, `ca` who is to be trusted, or empty."""

    certificate: bytes
    ca: bytes


class IssueError(Exception):
    """This request can't be granted, now or later. `reason` is cert-manager's word for it."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
