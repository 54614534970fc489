"""Problem documents: why a CA refused, in its own words and with ours beside them (RFC 8555 section 6.7, RFC 9457)."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from certmanager.acme.errors import AcmeError, BadReplyError
from certmanager.acme.fields import Fields, printable
from certmanager.acme.identifier import Identifier

NAMESPACE = "urn:ietf:params:acme:error:"

BAD_NONCE = "badNonce"
ACCOUNT_DOES_NOT_EXIST = "accountDoesNotExist"
ALREADY_REVOKED = "alreadyRevoked"
ORDER_NOT_READY = "orderNotReady"
UNAUTHORIZED = "unauthorized"
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
    """The CA refused: `problem` is its answer, `retry_at` when to try again, `help_urls` where it says more."""

    def __init__(
        self,
        problem: Problem,
        retry_after: datetime.timedelta | None = None,
        retry_at: datetime.datetime | None = None,
        help_urls: Sequence[str] = (),
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.retryable = problem.error_type.retryable
        self.retry_after = retry_after
        self.retry_at = retry_at
        self.help_urls = help_urls

    def __str__(self) -> str:
        lines = [str(self.problem), f"{self.problem.error_type.advice} ({self.problem.error_type.section})"]
        if self.retry_after is not None and self.retry_at is not None:
            at = f"{self.retry_at:%Y-%m-%d %H:%M:%S} UTC"
            lines.append(f"The CA asks to wait {self.retry_after.total_seconds():.0f} s, until {at}.")
        lines += [f"The CA explains it at {url}" for url in self.help_urls[:1]]
        return "\n".join(lines)


def parse(members: Fields) -> Problem:
    """Read a problem document, also one inside an order or a challenge.

    A member of a wrong type is ignored, and the others count (RFC 9457 section 3.1).
    """
    subproblems = tuple(_parse_one(sub) for sub in members.lenient_nested_list("subproblems"))
    return replace(_parse_one(members), subproblems=subproblems)  # those have none of their own (section 6.7.1)


def of_reply(status: int, content_type: str, body: bytes, url: str) -> Problem:
    """What a reply with an error status says, also one that holds no problem document."""
    where = f"HTTP status {status} from {url}"
    if content_type not in _MEDIA_TYPES:
        return Problem(_ABOUT_BLANK, f"{where}, without a problem document", status)
    try:
        document = parse(Fields.from_json(body, f"the problem document from {url}"))
    except BadReplyError as error:
        return Problem(_ABOUT_BLANK, f"{where}; {error}", status)
    detail = where if document.detail == _NO_DETAIL else document.detail
    return replace(document, status=status, detail=detail)


def _parse_one(members: Fields) -> Problem:
    detail = members.lenient_text("detail") or members.lenient_text("title")
    return Problem(
        type=printable(members.lenient_text("type").removeprefix(NAMESPACE)[:_LONGEST_TEXT]) or _ABOUT_BLANK,
        detail=printable(detail[:_LONGEST_TEXT]) or _NO_DETAIL,
        status=members.lenient_number("status"),
        identifier=_identifier(members),
    )


def _identifier(members: Fields) -> Identifier | None:
    try:
        return Identifier.parse(members.nested("identifier"))
    except BadReplyError:
        return None


_ABOUT_BLANK = "about:blank"  # RFC 9457 section 4.2.1: the status says all
_NO_DETAIL = "the CA gives no detail"
_MEDIA_TYPES = ("application/problem+json", "application/json")  # what some CAs call it
_UNKNOWN = ErrorType("RFC 8555 section 6.7", "The type is none of RFC 8555's; only the detail says what to do.")
_VALIDATION = "Then make a new order: an authorization that failed stays failed."

ERROR_TYPES = {
    ACCOUNT_DOES_NOT_EXIST: ErrorType(
        "RFC 8555 section 7.3.1", "The CA doesn't know the account (any more); register its key again by newAccount."
    ),
    "alreadyReplaced": ErrorType("RFC 9773 section 7.4", "Order without `replaces`."),
    ALREADY_REVOKED: ErrorType("RFC 8555 section 7.6", "Nothing is left to do."),
    "badCSR": ErrorType(
        "RFC 8555 section 7.4", "Finalize with a request for exactly the order's names and a key of its own."
    ),
    BAD_NONCE: ErrorType("RFC 8555 section 6.5", "Send the request again with the nonce that came with this reply."),
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
    UNAUTHORIZED: ErrorType(
        "RFC 8555 section 6.7", "The account may not do this: it is deactivated, not the owner, or the proof was wrong."
    ),
    "unsupportedContact": ErrorType("RFC 8555 section 7.3", "Give a mailto: URL."),
    "unsupportedIdentifier": ErrorType("RFC 8555 section 7.4", "This CA issues nothing for identifiers of that type."),
    "userActionRequired": ErrorType(
        "RFC 8555 section 7.3.3", "Read the terms of service of the directory and agree to them."
    ),
}
