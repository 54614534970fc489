"""The issuer selfSigned: a certificate signed with the very key that it certifies, so it is its own CA."""

from collections.abc import Sequence

from cryptography import x509

from certmanager.issuers.response import IssueError, IssueResponse
from certmanager.pki import certificates, requests, templates
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey, same_public_key
from certmanager.pki.templates import Grant, Urls


def issue(
    pem: bytes, key: PrivateKey, grant: Grant, serial: int, crl_distribution_points: Sequence[str] = ()
) -> IssueResponse:
    """Sign the request `pem` with its own key.

    Raises:
        IssueError: it isn't a request, isn't by that key, or asks for more than is granted.
    """
    try:
        request = requests.from_pem(pem)
        template = templates.from_request(request, grant, serial)
    except PkiError as error:
        raise IssueError("ErrorGenerating", f"Error generating certificate template: {error}") from error
    if not same_public_key(request.public_key(), key.public_key()):
        raise IssueError(
            "ErrorKeyMatch", "Error generating certificate template: CSR not signed by referenced private key"
        )
    certificate = templates.sign_itself(template.with_urls(Urls(crl_distribution_points)), key)
    signed = certificates.to_pem(certificate)
    return IssueResponse(signed, signed)


def has_empty_name(response: IssueResponse) -> bool:
    """Whether the certificate has no subject, and so no issuer either, which RFC 5280 section 4.1.2.4 forbids."""
    return not x509.load_pem_x509_certificate(response.certificate).subject.rdns
