"""What a certificate's key may be used for: KeyUsage and ExtendedKeyUsage, by the names of cert-manager's API."""

from collections.abc import Iterable
from types import MappingProxyType

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from certmanager.pki.errors import PkiError

DEFAULT = ("digital signature", "key encipherment")

_KEY_USAGES = MappingProxyType(
    {
        "signing": "digital_signature",
        "digital signature": "digital_signature",
        "content commitment": "content_commitment",
        "key encipherment": "key_encipherment",
        "data encipherment": "data_encipherment",
        "key agreement": "key_agreement",
        "cert sign": "key_cert_sign",
        "crl sign": "crl_sign",
        "encipher only": "encipher_only",
        "decipher only": "decipher_only",
    }
)
_EXTENDED_KEY_USAGES = MappingProxyType(
    {
        "any": ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
        "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
        "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
        "code signing": ExtendedKeyUsageOID.CODE_SIGNING,
        "email protection": ExtendedKeyUsageOID.EMAIL_PROTECTION,
        "s/mime": ExtendedKeyUsageOID.EMAIL_PROTECTION,
        "ipsec end system": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5"),
        "ipsec tunnel": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.6"),
        "ipsec user": x509.ObjectIdentifier("1.3.6.1.5.5.7.3.7"),
        "timestamping": ExtendedKeyUsageOID.TIME_STAMPING,
        "ocsp signing": ExtendedKeyUsageOID.OCSP_SIGNING,
        "microsoft sgc": x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.3"),
        "netscape sgc": x509.ObjectIdentifier("2.16.840.1.113730.4.1"),
    }
)


def extensions(usages: Iterable[str], *, is_ca: bool) -> list[tuple[x509.ExtensionType, bool]]:
    """The extensions, and whether each is critical.

    Raises:
        PkiError: unknown usages, or ones that don't go together.
    """
    wanted = list(usages)
    both: list[tuple[x509.ExtensionType | None, bool]] = [
        (key_usage(wanted, is_ca=is_ca), True),
        (extended_key_usage(wanted), False),
    ]
    return [(extension, critical) for extension, critical in both if extension is not None]


def key_usage(usages: Iterable[str], *, is_ca: bool) -> x509.KeyUsage | None:
    """The KeyUsage extension, or none if it would say nothing, which RFC 5280 forbids and OpenSSL refuses.

    A CA gets `cert sign` in any case, as cert-manager has it.

    Raises:
        PkiError: no such usage, or `encipher only`/`decipher only` without `key agreement` (RFC 5280 section 4.2.1.3).
    """
    granted = {_KEY_USAGES[usage] for usage in _known(usages) if usage in _KEY_USAGES}
    if is_ca:
        granted.add("key_cert_sign")
    if not granted:
        return None
    try:
        return x509.KeyUsage(**{bit: bit in granted for bit in _KEY_USAGES.values()})
    except ValueError as error:
        raise PkiError(f"these usages don't go together: {error}") from error


def extended_key_usage(usages: Iterable[str]) -> x509.ExtendedKeyUsage | None:
    """The ExtendedKeyUsage extension, or none if no usage asks for it.

    Raises:
        PkiError: no such usage.
    """
    wanted = [_EXTENDED_KEY_USAGES[usage] for usage in _known(usages) if usage in _EXTENDED_KEY_USAGES]
    return x509.ExtendedKeyUsage(list(dict.fromkeys(wanted))) if wanted else None


def _known(usages: Iterable[str]) -> list[str]:
    wanted = list(usages)
    unknown = sorted(set(wanted) - _KEY_USAGES.keys() - _EXTENDED_KEY_USAGES.keys())
    if unknown:
        raise PkiError(f"unknown usage: {', '.join(unknown)}")
    return wanted
