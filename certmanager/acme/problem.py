"""Problem documents: why a CA refused, in its own words and with ours beside them (RFC 8555 section 6.7, RFC 9457)."""

import datetime
from dataclasses import dataclass, replace
from http import HTTPStatus

from certmanager.acme.errors import AcmeError, BadReplyError
from certmanager.acme.fields import Fields, printable
from certmanager.acme.identifier import Identifier

NAMESPACE = "urn:ietf:params:acme:error:"

BAD_NONCE = "badNonce"
ACCOUNT_DOES_NOT_EXIST = "accountDoesNotExist"
ORDER_NOT_READY = "orderNotReady"
_LONGEST_TEXT = 2000


@dataclass(frozen=True)
class ErrorType:
    """What is known of an error type: the section that defines it, what to do next, whether waiting may help."""

    section: str
    advice: str
    retryable: bool = False


@dataclass(frozen=True)
class Problem:
    """A problem document. `type` is without ACME's namespace where it has that: `badNonce`."""

    type: str
    detail: str
    status: int | None = None
    identifier: Identifier | None = None
    subproblems: "tuple[Problem, ...]" = ()

    @property
    def error_type(self) -> ErrorType:
        """What is known of this type; of one that nobody has defined, what the HTTP status says."""
        if self.type in ERROR_TYPES:
            return ERROR_TYPES[self.type]
        if self.status == HTTPStatus.TOO_MANY_REQUESTS:
            return ERROR_TYPES["rateLimited"]
        return ERROR_TYPES["serverInternal"] if (self.status or 0) >= 500 else _UNKNOWN

    def __str__(self) -> str:
        whose = f" for {self.identifier}" if self.identifier else ""
        parts = "".join(f"\n  {sub}" for sub in self.subproblems)
        return f"{self.type}{whose}: {self.detail}{parts}"


class ProblemError(AcmeError):
    """The CA refused a request; `problem` is its answer."""

    def __init__(self, problem: Problem, retry_after: datetime.timedelta | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retryable = problem.error_type.retryable
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.problem}\n{self.problem.error_type.advice} ({self.problem.error_type.section})"


def parse(members: Fields) -> Problem:
    """Read a problem document, also one inside an order or a challenge.

    Raises:
        BadReplyError: it is none.
    """
    problem = _parse_one(members)
    if not members.has("subproblems"):
        return problem
    subproblems = tuple(_parse_one(sub) for sub in members.nested_list("subproblems"))  # they have none (section 6.7.1)
    return replace(problem, subproblems=subproblems)


def of_reply(status: int, content_type: str, body: bytes, url: str) -> Problem:
    """What a reply with an error status says, also one that holds no problem document."""
    if content_type == "application/problem+json":
        try:
            return replace(parse(Fields.from_json(body, f"the problem document from {url}")), status=status)
        except BadReplyError as error:
            return Problem("about:blank", f"HTTP status {status} from {url}; {error}", status)
    return Problem("about:blank", f"HTTP status {status} from {url}, without a problem document", status)


def _parse_one(members: Fields) -> Problem:
    return Problem(
        type=printable(members.text("type", "about:blank").removeprefix(NAMESPACE)[:_LONGEST_TEXT]),
        detail=printable(members.text("detail", "")[:_LONGEST_TEXT]) or "the CA gives no detail",
        status=members.number("status"),
        identifier=Identifier.parse(members.nested("identifier")) if members.has("identifier") else None,
    )


_UNKNOWN = ErrorType("RFC 8555 section 6.7", "The type is none of RFC 8555's; only the detail says what to do.")
_VALIDATION = "Then make a new order: an authorization that failed stays failed."

ERROR_TYPES = {
    "accountDoesNotExist": ErrorType(
        "RFC 8555 section 7.3.1", "The CA doesn't know the account (any more); register its key again by newAccount."
    ),
    "alreadyReplaced": ErrorType("RFC 9773 section 7.4", "Order without `replaces`."),
    "alreadyRevoked": ErrorType("RFC 8555 section 7.6", "Nothing is left to do."),
    "badCSR": ErrorType(
        "RFC 8555 section 7.4", "Finalize with a request for exactly the order's names and a key of its own."
    ),
    BAD_NONCE: ErrorType(
        "RFC 8555 section 6.5", "Send the request again with the nonce that came with this reply.", True
    ),
    "badPublicKey": ErrorType(
        "RFC 8555 section 6.2", "Use another key: ECDSA P-256 or RSA with 2048 bits are taken by all."
    ),
    "badRevocationReason": ErrorType("RFC 8555 section 7.6", "Give another reason, or none."),
    "badSignatureAlgorithm": ErrorType("RFC 8555 section 6.2", "Use an ECDSA P-256 key; every CA takes ES256."),
    "caa": ErrorType("RFC 8659", f"Let the name's CAA records allow this CA. {_VALIDATION}"),
    "compound": ErrorType("RFC 8555 section 6.7.1", "Each subproblem names its identifier."),
    "connection": ErrorType(
        "RFC 8555 section 8", f"The CA couldn't connect: make the name lead to the solver, on port 80. {_VALIDATION}"
    ),
    "dns": ErrorType("RFC 8555 section 8", f"The CA couldn't look the name up: mend its DNS. {_VALIDATION}"),
    "externalAccountRequired": ErrorType(
        "RFC 8555 section 7.3.4", "Ask the CA for a key id and a MAC key, and register with external account binding."
    ),
    "incorrectResponse": ErrorType(
        "RFC 8555 section 8", f"Something else answered for the solver; find it. {_VALIDATION}"
    ),
    "invalidContact": ErrorType("RFC 8555 section 7.3", "Give another contact, or none."),
    "invalidProfile": ErrorType("draft-ietf-acme-profiles", "Name a profile that the directory offers."),
    "malformed": ErrorType(
        "RFC 8555 section 6.7", "The request doesn't fit the resource or its state; read that again."
    ),
    ORDER_NOT_READY: ErrorType("RFC 8555 section 7.4", "Read the order again, and satisfy its authorizations first."),
    "rateLimited": ErrorType("RFC 8555 section 6.6", "Wait as long as Retry-After says.", retryable=True),
    "rejectedIdentifier": ErrorType("RFC 8555 section 7.4", "This CA issues nothing for the name; order without it."),
    "serverInternal": ErrorType(
        "RFC 8555 section 6.7", "The CA has trouble of its own; try again later.", retryable=True
    ),
    "tls": ErrorType("RFC 8555 section 8", f"The CA's TLS connection for validation failed. {_VALIDATION}"),
    "unauthorized": ErrorType(
        "RFC 8555 section 6.7", "The account may not do this: it is deactivated, not the owner, or the proof was wrong."
    ),
    "unsupportedContact": ErrorType("RFC 8555 section 7.3", "Give a mailto: URL."),
    "unsupportedIdentifier": ErrorType("RFC 8555 section 7.4", "This CA issues nothing for identifiers of that type."),
    "userActionRequired": ErrorType(
        "RFC 8555 section 7.3.3", "Read the terms of service of the directory and agree to them."
    ),
}
