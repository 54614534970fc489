"""Identifiers: what a certificate is for, a DNS name (RFC 8555 section 9.7.7) or an IP address (RFC 8738)."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from certmanager.acme.errors import AcmeError
from certmanager.acme.fields import Fields
from certmanager.pki.names import AltNames

DNS = "dns"
IP = "ip"

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DNS_NAME = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")


class BadNameError(AcmeError, ValueError):
    """A name for which no certificate can be asked."""


@dataclass(frozen=True, order=True)
class Identifier:
    """A name as ACME writes it: `type` is `dns` or `ip`, `value` in lower case, an address in its shortest form."""

    type: str
    value: str

    @classmethod
    def of(cls, name: str) -> "Identifier":
        """The identifier for what a person writes: `example.test`, `*.example.test`, `127.0.0.1`, `::1`.

        Raises:
            BadNameError: it is neither a DNS name nor an address.
        """
        try:
            return cls(IP, str(ipaddress.ip_address(name)))
        except ValueError:
            pass
        value = name.lower()
        if len(value) > 253 or not _DNS_NAME.fullmatch(value):
            raise BadNameError(
                f"{name!r} is neither a DNS name nor an IP address; a name with other letters is written "
                "in its ASCII form (xn--...), and a * may only be the whole first label"
            )
        return cls(DNS, value)

    @classmethod
    def parse(cls, members: Fields) -> "Identifier":
        """Read one that a CA sent, of whatever type."""
        return cls(members.line("type"), members.line("value").lower())

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for all names one label below (section 7.1.3)."""
        return self.type == DNS and self.value.startswith("*.")

    def to_json(self) -> dict[str, str]:
        """Its form in an order."""
        return {"type": self.type, "value": self.value}

    def __str__(self) -> str:
        return self.value


def alt_names(identifiers: Iterable[Identifier]) -> AltNames:
    """The subject alternative names that a certificate for `identifiers` carries, neither more nor fewer."""
    names = list(identifiers)
    return AltNames(
        dns_names=frozenset(name.value for name in names if name.type == DNS),
        ip_addresses=frozenset(ipaddress.ip_address(name.value) for name in names if name.type == IP),
    )
