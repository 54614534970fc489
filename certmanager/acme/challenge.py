"""Challenges: how an account proves that it controls a name (RFC 8555 section 7.1.5 and 8).

Every proof starts from the key authorization: the CA's token and the account key's thumbprint. Where that is put to
be found by the CA is a solver's business.
"""

import datetime
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from certmanager.acme import problem
from certmanager.acme.errors import BadReplyError
from certmanager.acme.fields import Fields
from certmanager.acme.identifier import Identifier
from certmanager.acme.jws import AccountKey, Json, encode

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,512}")


class Type(StrEnum):
    """The challenges that this client answers."""

    HTTP_01 = "http-01"
    DNS_01 = "dns-01"


class Status(StrEnum):
    """The states of a challenge (section 7.1.6)."""

    PENDING = "pending"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"


@dataclass(frozen=True)
class Challenge:
    """A challenge as the CA shows it; `type` may be one that this client doesn't answer."""

    url: str
    type: str
    status: Status
    token: str
    error: problem.Problem | None
    retry_after: datetime.timedelta | None = None


@dataclass(frozen=True)
class Proof:
    """What a solver has to show to the CA for one challenge."""

    identifier: Identifier
    token: str
    key_authorization: str

    @property
    def http_path(self) -> str:
        """Where HTTP-01 wants `key_authorization` as the body, by http on port 80 (section 8.3)."""
        return f"/.well-known/acme-challenge/{self.token}"

    @property
    def dns_name(self) -> str:
        """Where DNS-01 wants a TXT record (section 8.4); a wildcard and its apex share the name."""
        return f"_acme-challenge.{self.identifier.value.removeprefix('*.')}"

    @property
    def dns_value(self) -> str:
        """What DNS-01 wants in that TXT record."""
        return encode(hashlib.sha256(self.key_authorization.encode()).digest())


class Solver(Protocol):
    """Something that shows proofs to a CA. Both may be called twice for the same proof."""

    async def present(self, proof: Proof, /) -> None:
        """Return once the CA can find the proof.

        Raises:
            SolverError: that can't be done.
        """

    async def clean_up(self, proof: Proof, /) -> None:
        """Take it back."""


def parse(members: Fields, retry_after: datetime.timedelta | None = None) -> Challenge:
    """Read one challenge of an authorization.

    Raises:
        BadReplyError: it isn't one.
    """
    return Challenge(
        url=members.url("url"),
        type=members.line("type"),
        status=members.one_of("status", Status),
        token=members.text("token", ""),
        error=problem.parse(members.nested("error")) if members.has("error") else None,
        retry_after=retry_after,
    )


def prove(challenge: Challenge, identifier: Identifier, key: AccountKey) -> Proof:
    """The proof for a challenge (section 8.1).

    Raises:
        BadReplyError: its token could mean something else in a path.
    """
    if not _TOKEN.fullmatch(challenge.token):
        raise BadReplyError(f"the token of the challenge {challenge.url} isn't base64url: {challenge.token!r:.80}")
    return Proof(identifier, challenge.token, f"{challenge.token}.{key.thumbprint}")


def response() -> Json:
    """The payload that tells the CA to look: an empty object (section 7.5.1)."""
    return {}
