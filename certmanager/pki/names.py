"""Whom a certificate is for: its subject and its subject alternative names (RFC 5280 section 4.1.2.6 and 4.2.1.6)."""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.x509.oid import NameOID

from certmanager.pki.errors import UNREADABLE, PkiError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Subject:
    """The distinguished name: the fields of a Certificate's `spec.commonName` and `spec.subject`."""

    common_name: str = ""
    organizations: tuple[str, ...] = ()
    organizational_units: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    localities: tuple[str, ...] = ()
    provinces: tuple[str, ...] = ()
    street_addresses: tuple[str, ...] = ()
    postal_codes: tuple[str, ...] = ()
    serial_number: str = ""

    def to_x509(self) -> x509.Name:
        """The name, its attributes in the order of Go's crypto/x509.

        Raises:
            PkiError: a value is too long or malformed.
        """
        try:
            return x509.Name([x509.NameAttribute(oid, value) for oid, value in self._attributes() if value])
        except ValueError as error:
            raise PkiError(f"the subject can't be written into a certificate: {error}") from error

    def _attributes(self) -> Iterator[tuple[x509.ObjectIdentifier, str]]:
        for oid, values in (
            (NameOID.COUNTRY_NAME, self.countries),
            (NameOID.ORGANIZATION_NAME, self.organizations),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, self.organizational_units),
            (NameOID.LOCALITY_NAME, self.localities),
            (NameOID.STATE_OR_PROVINCE_NAME, self.provinces),
            (NameOID.STREET_ADDRESS, self.street_addresses),
            (NameOID.POSTAL_CODE, self.postal_codes),
            (NameOID.COMMON_NAME, (self.common_name,)),
            (NameOID.SERIAL_NUMBER, (self.serial_number,)),
        ):
            yield from ((oid, value) for value in values)


@dataclass(frozen=True)
class AltNames:
    """The subject alternative names: `spec.dnsNames`, `ipAddresses`, `uris` and `emailAddresses` of a Certificate."""

    dns_names: frozenset[str] = field(default_factory=frozenset)
    ip_addresses: frozenset[IpAddress] = field(default_factory=frozenset)
    uris: frozenset[str] = field(default_factory=frozenset)
    email_addresses: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.dns_names or self.ip_addresses or self.uris or self.email_addresses)

    def to_x509(self) -> x509.SubjectAlternativeName:
        """The extension, sorted, so that equal names give equal bytes.

        Raises:
            PkiError: a name is not ASCII.
        """
        try:
            return x509.SubjectAlternativeName(
                [
                    *(x509.DNSName(name) for name in sorted(self.dns_names)),
                    *(x509.IPAddress(address) for address in sorted(self.ip_addresses, key=_by_version)),
                    *(x509.UniformResourceIdentifier(uri) for uri in sorted(self.uris)),
                    *(x509.RFC822Name(address) for address in sorted(self.email_addresses)),
                ]
            )
        except ValueError as error:
            raise PkiError(f"a name can't be written into a certificate: {error}") from error

    @classmethod
    def of(cls, holder: x509.Certificate | x509.CertificateSigningRequest) -> "AltNames":
        """The names that a certificate or request carries, DNS names in lower case.

        Raises:
            PkiError: they can't be read.
        """
        try:
            names = holder.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except x509.ExtensionNotFound:
            return cls()
        except UNREADABLE as error:
            raise PkiError(f"the subject alternative names can't be read: {error}") from error
        return cls(
            frozenset(name.lower() for name in names.get_values_for_type(x509.DNSName)),
            frozenset(ip for ip in names.get_values_for_type(x509.IPAddress) if isinstance(ip, IpAddress)),
            frozenset(names.get_values_for_type(x509.UniformResourceIdentifier)),
            frozenset(names.get_values_for_type(x509.RFC822Name)),
        )


def common_name(name: x509.Name) -> str:
    """The common name in `name`, or nothing."""
    attributes = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attributes[0].value) if attributes else ""


def _by_version(address: IpAddress) -> tuple[int, int]:
    return address.version, int(address)
