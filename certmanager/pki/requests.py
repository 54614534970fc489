"""Certificate signing requests (RFC 2986): what an applicant asks a CA to certify, signed with its own key."""

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certmanager.pki import usages as key_usages
from certmanager.pki.errors import UNREADABLE, PkiError
from certmanager.pki.keys import PrivateKey, signature_hash
from certmanager.pki.names import AltNames, Subject


def create(
    key: PrivateKey,
    alt_names: AltNames,
    subject: Subject = Subject(),  # noqa: B008 - frozen
    usages: Iterable[str] = (),
    *,
    is_ca: bool = False,
) -> x509.CertificateSigningRequest:
    """A request for `key`. Without `usages` it asks for none, and the CA decides.

    Raises:
        PkiError: a name or a usage can't be written.
    """
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.to_x509())
    if alt_names:
        builder = builder.add_extension(alt_names.to_x509(), critical=False)
    wanted = list(usages)
    if wanted or is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
    for extension, critical in key_usages.extensions(wanted, is_ca=is_ca):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, signature_hash(key))  # type: ignore[arg-type]  # its stub knows no None for Ed25519


def from_pem(pem: bytes) -> x509.CertificateSigningRequest:
    """Read a request and check that it is signed with its own key.

    Raises:
        PkiError: it is none, or the signature is wrong.
    """
    try:
        request = x509.load_pem_x509_csr(pem)
        signed = request.is_signature_valid
    except UNREADABLE as error:
        raise PkiError(f"not a certificate request in PEM: {error}") from error
    if not signed:
        raise PkiError("the certificate request isn't signed with its own key")
    return request


def to_pem(request: x509.CertificateSigningRequest) -> bytes:
    """The request as PEM."""
    return request.public_bytes(serialization.Encoding.PEM)
