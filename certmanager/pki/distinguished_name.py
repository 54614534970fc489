"""Distinguished names as text (RFC 4514), as a Certificate's `spec.literalSubject` has them."""

import re

from cryptography import x509
from cryptography.x509.oid import NameOID

from certmanager.pki.errors import PkiError

_NAMES = {"SERIALNUMBER": NameOID.SERIAL_NUMBER}  # beside RFC 4514's own, as Go's crypto/x509/pkix knows it
_PART = re.compile(r"(?P<type>[^=,;+\\]*)=(?P<value>(?:\\.|[^\\,;+])*)(?P<separator>[,;+]|$)", re.DOTALL)


def parse(text: str) -> x509.Name:
    r"""The name that `text` says, such as `CN=foo,O=Example\, Inc.`: the last attribute there is the first in the name.

    As cert-manager (and RFC 2253 before), it takes spaces around attributes, and `;` for `,`.

    Raises:
        PkiError: it isn't one, or has an attribute that is neither known nor an OID.
    """
    try:
        return x509.Name.from_rfc4514_string(_without_spaces(text), _NAMES)
    except ValueError as error:
        reason = str(error) or "it is not of the form TYPE=value,TYPE=value"
        raise PkiError(f"{text!r} is not a distinguished name (RFC 4514): {reason}") from error


def _without_spaces(text: str) -> str:
    parts, end = [], 0
    while end < len(text):
        part = _PART.match(text, end)
        if not part:
            raise ValueError
        end = part.end()
        value = part["value"].strip()
        if value.startswith("#"):  # which `cryptography` takes for text
            raise ValueError("values in hexadecimal (#…) are not supported")
        if re.search(r"(?<!\\)(\\\\)*\\$", value):  # the space after it was escaped
            value += " "
        parts.append(f"{part['type'].strip()}={value}{part['separator'].replace(';', ',')}")
    return "".join(parts)
