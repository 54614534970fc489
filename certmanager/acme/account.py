"""Accounts: a key that a CA knows by a URL (RFC 8555 section 7.1.2 and 7.3)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from certmanager.acme import jws
from certmanager.acme.errors import AcmeError
from certmanager.acme.fields import Fields
from certmanager.acme.jws import Json

_log = logging.getLogger(__name__)


class Status(StrEnum):
    """The states of an account (section 7.1.6); only a valid one may do anything."""

    VALID = "valid"
    DEACTIVATED = "deactivated"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Account:
    """An account as the CA shows it. `url` is its key id; `orders`, where the CA has that, lists its open orders."""

    url: str
    status: Status
    contact: tuple[str, ...]
    orders: str | None


@dataclass(frozen=True)
class ExternalAccount:
    """What a CA gave its customer to bind an account to (section 7.3.4); the MAC key is a secret."""

    key_id: str
    mac_key: bytes

    @classmethod
    def of(cls, key_id: str, mac_key: str) -> "ExternalAccount":
        """From what the CA handed out: base64url; with padding it is taken too, with a warning in the log.

        Raises:
            AcmeError: the MAC key is no base64url, or empty.
        """
        text = mac_key.rstrip("=")
        try:
            key = jws.decode(text)
        except ValueError:
            raise AcmeError("the MAC key of the external account isn't base64url; copy it once more") from None
        if not key:
            raise AcmeError("the MAC key of the external account is empty")
        if text != mac_key:
            _log.warning(
                "The MAC key of the external account has padding (=), which base64url in ACME has not; ignored."
            )
        return cls(key_id, key)

    def __repr__(self) -> str:
        return f"ExternalAccount(key_id={self.key_id!r})"


def parse(body: bytes, url: str) -> Account:
    """Read an account.

    Raises:
        BadReplyError: it isn't one.
    """
    members = Fields.from_json(body, f"the account {url}")
    return Account(url, members.one_of("status", Status), members.texts("contact"), members.optional_url("orders"))


def creation(contact: Sequence[str], *, terms_agreed: bool, binding: Json | None) -> Json:
    """The payload that creates an account, or finds it if the key has one (section 7.3 and 7.3.1)."""
    payload: dict[str, object] = {"termsOfServiceAgreed": terms_agreed}
    if contact:
        payload["contact"] = list(contact)
    if binding is not None:
        payload["externalAccountBinding"] = binding
    return payload


def search() -> Json:
    """The payload that finds the key's account and creates none (section 7.3.1)."""
    return {"onlyReturnExisting": True}


def update(contact: Sequence[str]) -> Json:
    """The payload that replaces the contacts (section 7.3.2)."""
    return {"contact": list(contact)}


def deactivation() -> Json:
    """The payload that ends an account, for good (section 7.3.6)."""
    return {"status": Status.DEACTIVATED}
