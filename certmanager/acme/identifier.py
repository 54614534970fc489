"""Identifiers: what a certificate is for, a DNS name (RFC 8555 section 9.7.7) or an IP address (RFC 8738)."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from certmanager.acme import dns_name
from certmanager.acme.errors import AcmeError
from certmanager.acme.fields import Fields
from certmanager.pki.names import AltNames

DNS = "dns"
IP = "ip"


class BadNameError(AcmeError, ValueError):
    """A name for which no certificate can be asked."""


@dataclass(frozen=True, order=True)
class Identifier:
    """A name as ACME writes it: `type` is `dns` or `ip`, `value` in lower case, an address as `ip_text` does."""

    type: str
    value: str

    @classmethod
    def of(cls, name: str) -> "Identifier":
        """The identifier for what a person writes: `example.test`, `*.example.test`, `127.0.0.1`, `::1`.

        Raises:
            BadNameError: it is neither a DNS name nor an address.
        """
        try:
            return cls(IP, ip_text(name))
        except ValueError:
            pass
        wrong = dns_name.what_is_wrong(name)
        if wrong:
            raise BadNameError(f"{name!r:.60} is neither a DNS name nor an IP address: {wrong}")
        return cls(DNS, name.lower())

    @classmethod
    def parse(cls, members: Fields) -> "Identifier":
        """Read one that a CA sent, of whatever type."""
        kind, value = members.line("type"), members.line("value").lower()
        try:
            return cls(kind, ip_text(value) if kind == IP else value)
        except ValueError:
            return cls(kind, value)

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


def ip_text(address: str) -> str:
    """An address in its one form (RFC 8738 section 3): RFC 1123's dots, or RFC 5952 section 4, so hexadecimal only.

    Raises:
        ValueError: it is none, or of one machine's network interface only (a zone).
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.scope_id is not None:
        raise ValueError("it has a zone")
    if parsed.ipv4_mapped is None:
        return str(parsed)
    high, low = divmod(int(parsed.ipv4_mapped), 1 << 16)  # from Python 3.13 on str() writes these with dots
    return f"::ffff:{high:x}:{low:x}"
