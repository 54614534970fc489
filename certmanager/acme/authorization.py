"""Authorizations: a CA's record that an account controls a name (RFC 8555 section 7.1.4 and 7.5)."""

import datetime
from dataclasses import dataclass
from enum import StrEnum

from certmanager.acme import challenge, identifier
from certmanager.acme.challenge import Challenge
from certmanager.acme.errors import BadReplyError, NoChallengeError
from certmanager.acme.fields import Fields
from certmanager.acme.identifier import Identifier
from certmanager.acme.jws import Json


class Status(StrEnum):
    """The states of an authorization (section 7.1.6); all but the first are final, or end the use of it."""

    PENDING = "pending"
    VALID = "valid"
    INVALID = "invalid"
    DEACTIVATED = "deactivated"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Authorization:
    """An authorization as the CA shows it. Any one of its challenges, once valid, makes it valid."""

    url: str
    status: Status
    identifier: Identifier
    challenges: tuple[Challenge, ...]
    expires: datetime.datetime | None
    retry_after: datetime.timedelta | None = None

    def challenge(self, challenge_type: challenge.Type) -> Challenge:
        """The challenge of a type.

        Raises:
            NoChallengeError: the CA offers none, as with HTTP-01 for a wildcard.
        """
        for offered in self.challenges:
            if offered.type == challenge_type:
                return offered
        types = ", ".join(sorted(offered.type for offered in self.challenges)) or "none"
        raise NoChallengeError(f"the CA doesn't offer {challenge_type} for {self.identifier}; it offers {types}")


def parse(body: bytes, url: str, retry_after: datetime.timedelta | None = None) -> Authorization:
    """Read an authorization. The CA leaves the `*.` of a wildcard out and says `wildcard`; here it is put back.

    Raises:
        BadReplyError: it isn't one.
    """
    members = Fields.from_json(body, f"the authorization {url}")
    name = Identifier.parse(members.nested("identifier"))
    if members.flag("wildcard"):
        if name.type != identifier.DNS or name.is_wildcard:
            raise BadReplyError(f"the authorization {url} is a wildcard of {name}")
        name = Identifier(identifier.DNS, f"*.{name.value}")
    return Authorization(
        url=url,
        status=members.one_of("status", Status),
        identifier=name,
        challenges=tuple(challenge.parse(offered) for offered in members.nested_list("challenges")),
        expires=members.time("expires"),
        retry_after=retry_after,
    )


def deactivation() -> Json:
    """The payload that gives an authorization up (section 7.5.2)."""
    return {"status": Status.DEACTIVATED}
