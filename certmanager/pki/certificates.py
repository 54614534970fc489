"""Certificates (RFC 5280): signed by their own key, or by a CA.

Both start from a certificate request, as cert-manager's issuers do; what the request asks for beyond names is the
caller's to grant. Validity is decided by the caller as well: this module has no clock.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certmanager.pki import usages as key_usages
from certmanager.pki.errors import UNREADABLE, PkiError
from certmanager.pki.keys import PrivateKey, PublicKey, same_public_key, signature_hash
from certmanager.pki.names import AltNames


@dataclass(frozen=True)
class Validity:
    """From when to when a certificate counts; whole seconds are all that a certificate can say."""

    not_before: datetime.datetime
    not_after: datetime.datetime


@dataclass(frozen=True)
class Authority:
    """A CA that can sign: its certificate and the key that belongs to it.

    Raises:
        PkiError: they don't belong together.
    """

    certificate: x509.Certificate
    key: PrivateKey

    def __post_init__(self) -> None:
        if not same_public_key(self.certificate.public_key(), self.key.public_key()):
            raise PkiError("the CA's private key doesn't belong to its certificate")


def self_signed(
    request: x509.CertificateSigningRequest,
    key: PrivateKey,
    validity: Validity,
    usages: Iterable[str] = key_usages.DEFAULT,
    *,
    is_ca: bool = False,
) -> x509.Certificate:
    """A certificate for `request`, signed with the key of the request itself.

    Raises:
        PkiError: `key` is another, or the request or `usages` can't be written into a certificate.
    """
    if not same_public_key(request.public_key(), key.public_key()):
        raise PkiError("a self-signed certificate is signed with the request's own key, and this is another")
    builder = _builder(request, validity, usages, is_ca=is_ca).issuer_name(request.subject)
    return builder.sign(key, signature_hash(key))  # type: ignore[arg-type]  # its stub knows no None for Ed25519


def signed_by(
    authority: Authority,
    request: x509.CertificateSigningRequest,
    validity: Validity,
    usages: Iterable[str] = key_usages.DEFAULT,
    *,
    is_ca: bool = False,
) -> x509.Certificate:
    """A certificate for `request`, signed by `authority`.

    Raises:
        PkiError: that may not sign others, or the request or `usages` can't be written into a certificate.
    """
    if not may_sign(authority.certificate):
        raise PkiError("the signing certificate is not a CA (RFC 5280 section 4.2.1.9)")
    builder = (
        _builder(request, validity, usages, is_ca=is_ca)
        .issuer_name(authority.certificate.subject)
        .add_extension(_authority_key_identifier(authority.certificate), critical=False)
    )
    hash_ = signature_hash(authority.key)
    return builder.sign(authority.key, hash_)  # type: ignore[arg-type]  # its stub knows no None for Ed25519


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate is a CA's."""
    try:
        return bool(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False


def to_pem(*certificates: x509.Certificate) -> bytes:
    """Certificates as PEM, one after the other."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in certificates)


def _builder(
    request: x509.CertificateSigningRequest, validity: Validity, usages: Iterable[str], *, is_ca: bool
) -> x509.CertificateBuilder:
    public_key = request.public_key()
    if not isinstance(public_key, PublicKey):
        raise PkiError("the request's key is neither RSA, ECDSA nor Ed25519")
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.not_before)
        .not_valid_after(validity.not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    for extension, critical in key_usages.extensions(usages, is_ca=is_ca):
        builder = builder.add_extension(extension, critical)
    alt_names = AltNames.of(request)
    if alt_names:  # critical where it is the only name (RFC 5280 section 4.2.1.6)
        builder = builder.add_extension(alt_names.to_x509(), critical=not request.subject.rdns)
    return builder


def _authority_key_identifier(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    try:
        identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(certificate.public_key())  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
