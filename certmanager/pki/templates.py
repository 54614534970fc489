"""What a CA writes into a certificate but for its own name: made from a request, within what was granted beside it.

As crypto/x509's templates, by cert-manager's `pki.CertificateTemplateFromCSR`: a request says for whom, and its names
are taken over as they stand; from when to when, for what, and whether for a CA is granted. A request that says
something about usages or CAs itself must say just what is granted.

Unlike `certificates`, the serial number is passed in, so that the same input gives the same template.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from certmanager.pki import usages as key_usages
from certmanager.pki.certificates import Authority, Validity
from certmanager.pki.errors import UNREADABLE, PkiError
from certmanager.pki.keys import PrivateKey, PublicKey, same_public_key, signature_hash

Extensions = tuple[tuple[x509.ExtensionType, bool], ...]
_E = TypeVar("_E", bound=x509.ExtensionType)


@dataclass(frozen=True)
class Grant:
    """What is granted beside the request: without `usages` it is cert-manager's default."""

    validity: Validity
    usages: Sequence[str] = ()
    is_ca: bool = False


@dataclass(frozen=True)
class Urls:
    """Where to find out about the issuer: its revocation lists, its OCSP servers, its own certificate (RFC 5280)."""

    crl_distribution_points: Sequence[str] = ()
    ocsp_servers: Sequence[str] = ()
    issuing_certificates: Sequence[str] = ()


@dataclass(frozen=True)
class Template:
    """A certificate without an issuer; each extension with whether it is critical."""

    subject: x509.Name
    public_key: PublicKey
    serial: int
    validity: Validity
    extensions: Extensions

    def with_urls(self, urls: Urls) -> "Template":
        """The same with extensions for `urls`, where there are any."""
        return replace(self, extensions=self.extensions + _url_extensions(urls))


def from_request(request: x509.CertificateSigningRequest, grant: Grant, serial: int) -> Template:
    """A template for what is asked for, within what is granted.

    Raises:
        PkiError: the request says otherwise, or it or the grant can't be written into a certificate.
    """
    public_key = request.public_key()
    if not isinstance(public_key, PublicKey):
        raise PkiError("the request's key is neither RSA, ECDSA nor Ed25519")
    granted = tuple(key_usages.extensions(grant.usages or key_usages.DEFAULT, is_ca=grant.is_ca))
    _check_ca(request, grant.is_ca)
    _check_usages(request, granted)
    constraints: Extensions = ((x509.BasicConstraints(ca=grant.is_ca, path_length=None), True),)
    if grant.is_ca:
        constraints += ((x509.SubjectKeyIdentifier.from_public_key(public_key), False),)
    asked = _extensions_taken_over(request)
    return Template(request.subject, public_key, serial, grant.validity, granted + constraints + asked)


def sign_itself(template: Template, key: PrivateKey) -> x509.Certificate:
    """A certificate that is its own issuer.

    Raises:
        PkiError: `key` is not the key that is certified.
    """
    if not same_public_key(template.public_key, key.public_key()):
        raise PkiError("CSR not signed by referenced private key")
    return _sign(template, template.subject, key)


def sign(template: Template, authority: Authority) -> x509.Certificate:
    """A certificate by `authority`, which names that one's key, if that is named there."""
    issuer = authority.certificate
    own = _extension(issuer, x509.SubjectKeyIdentifier)
    if own and issuer.subject != template.subject:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
        template = replace(template, extensions=(*template.extensions, (identifier, False)))
    return _sign(template, issuer.subject, authority.key)


def _sign(template: Template, issuer: x509.Name, key: PrivateKey) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer,
        template.subject,
        template.public_key,
        template.serial,
        template.validity.not_before,
        template.validity.not_after,
    )
    for extension, critical in template.extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, signature_hash(key))  # type: ignore[arg-type]  # its stub knows no None for Ed25519


def _check_ca(request: x509.CertificateSigningRequest, is_ca: bool) -> None:
    asked = _extension(request, x509.BasicConstraints)
    if asked and asked.ca != is_ca:
        raise PkiError(f"encoded CSR error: IsCA {_go(asked.ca)} does not match expected value {_go(is_ca)}")


def _check_usages(request: x509.CertificateSigningRequest, granted: Extensions) -> None:
    asked = _extension(request, x509.KeyUsage), _extension(request, x509.ExtendedKeyUsage)
    if asked == (None, None):
        return
    by_type = {type(extension): extension for extension, _ in granted}
    if asked[0] != by_type.get(x509.KeyUsage):
        raise PkiError("encoded CSR error: the KeyUsages do not match the expected KeyUsages")
    if asked[1] != by_type.get(x509.ExtendedKeyUsage):
        raise PkiError("encoded CSR error: the ExtKeyUsages do not match the expected ExtKeyUsages")


def _extensions_taken_over(request: x509.CertificateSigningRequest) -> Extensions:
    """The names as they stand, critical where they are all that names the subject, and the name constraints."""
    names = _extension(request, x509.SubjectAlternativeName)
    own: Extensions = ((names, not request.subject.rdns),) if names else ()
    constraints = _extension(request, x509.NameConstraints)
    if constraints:
        critical = request.extensions.get_extension_for_class(x509.NameConstraints).critical
        own += ((constraints, critical),)
    return own


def _extension(holder: x509.Certificate | x509.CertificateSigningRequest, kind: type[_E]) -> _E | None:
    try:
        return holder.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
    except UNREADABLE as error:
        raise PkiError(f"its extensions can't be read: {error}") from error


def _url_extensions(urls: Urls) -> Extensions:
    found: Extensions = ()
    if urls.crl_distribution_points:
        points = [
            x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)
            for url in urls.crl_distribution_points
        ]
        found += ((x509.CRLDistributionPoints(points), False),)
    access = [
        *((AuthorityInformationAccessOID.OCSP, url) for url in urls.ocsp_servers),
        *((AuthorityInformationAccessOID.CA_ISSUERS, url) for url in urls.issuing_certificates),
    ]
    if access:
        descriptions = [x509.AccessDescription(oid, x509.UniformResourceIdentifier(url)) for oid, url in access]
        found += ((x509.AuthorityInformationAccess(descriptions), False),)
    return found


def _go(value: bool) -> str:
    return str(value).lower()
