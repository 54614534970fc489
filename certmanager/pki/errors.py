"""What can be wrong with keys and certificates."""

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning


class PkiError(ValueError):
    """A key, request, certificate or chain is not what it has to be; the message says which and why."""


UNREADABLE = (
    ValueError,
    UnsupportedAlgorithm,
    CryptographyDeprecationWarning,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""All that `cryptography` raises over bytes that it can't take for a certificate or a request."""
