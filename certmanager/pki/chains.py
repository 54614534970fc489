"""Chains of certificates, from the leaf towards a root: read from PEM, put in order, verified.

Whether a name matches is not asked here: who issues certificates compares the names exactly, who connects to a
server leaves it to TLS.
"""

import datetime
import warnings
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import verification

from certmanager.pki.errors import UNREADABLE, PkiError

_MOST_CERTIFICATES = 16
_CA_POLICY = verification.ExtensionPolicy.webpki_defaults_ca().may_be_present(
    x509.ExtendedKeyUsage, verification.Criticality.AGNOSTIC, None
)


def from_pem(pem: bytes) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM text, in its order.

    Raises:
        PkiError: there is none, there are too many, or something is no certificate; also a certificate that breaks
            RFC 5280, of which `cryptography` would only warn.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            certificates = tuple(x509.load_pem_x509_certificates(pem))
            for certificate in certificates:
                certificate.public_key()
    except UNREADABLE as error:
        raise PkiError(f"not a chain of certificates in PEM: {error}") from error
    if len(certificates) > _MOST_CERTIFICATES:
        raise PkiError(f"a chain of {len(certificates)} certificates is too long to be true")
    return certificates


def in_order(certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The same certificates from the leaf to the top, doubles left out, whatever order they came in.

    It is cert-manager's `pki.ParseSingleCertificateChain`.

    Raises:
        PkiError: they don't form one chain.
    """
    pool = list(dict.fromkeys(certificates))
    issuers = {one: [other for other in pool if other != one and _issued(other, one)] for one in pool}
    leaves = [one for one in pool if not any(one in above for above in issuers.values())]
    if len(leaves) != 1:
        raise PkiError(f"the certificates don't form one chain: {len(leaves)} of them certify no other")
    chain = leaves
    while above := [one for one in issuers[chain[-1]] if one not in chain]:
        chain.append(above[0])
    if len(chain) != len(pool):
        raise PkiError(f"the certificates don't form one chain: {len(pool) - len(chain)} of them are not part of it")
    return tuple(chain)


def without_root(chain: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The chain as a server presents it: without the self-signed root on top, unless that is all there is."""
    return tuple(chain[:-1]) if len(chain) > 1 and is_self_signed(chain[-1]) else tuple(chain)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether a certificate is signed with its own key."""
    return _issued(certificate, certificate)


def verify(chain: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime.datetime) -> None:
    """Check that `chain[0]` leads to one of `roots` over the others, at the time `at` (RFC 5280 section 6).

    The top of a chain may stand among the roots itself. A CA must follow the rules of the Web PKI; what a key is for
    (ExtendedKeyUsage) is not checked.

    Raises:
        PkiError: it doesn't lead there.
    """
    leaf, *others = chain
    if leaf in roots:
        if not leaf.not_valid_before_utc <= at <= leaf.not_valid_after_utc:
            raise PkiError("the certificate is its own root, and it isn't valid now")
        return
    verifier = (
        verification.PolicyBuilder()
        .store(verification.Store(list(roots)))
        .time(at)
        .extension_policies(
            ca_policy=_CA_POLICY,
            ee_policy=verification.ExtensionPolicy.permit_all(),
        )
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, others)
    except verification.VerificationError as error:
        raise PkiError(f"the chain doesn't lead to a trusted root: {error}") from error


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
