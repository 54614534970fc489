"""The certificate: a chain, alternates of it, and whether it is what was ordered (RFC 8555 section 7.4.2 and 9.1)."""

import datetime
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cryptography import x509

from certmanager.acme.errors import BadReplyError, CertificateExpiredError, CertificateRefusedError
from certmanager.acme.identifier import Identifier, alt_names
from certmanager.pki import chains
from certmanager.pki.certificates import to_pem
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PublicKey, same_public_key
from certmanager.pki.names import AltNames, common_name

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----\s+[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----(?=\s|$)")
_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


@dataclass(frozen=True)
class Chain:
    """A certificate and those above it as the CA sent them, the leaf first; and where other chains for it are."""

    url: str
    certificates: tuple[x509.Certificate, ...]
    alternates: tuple[str, ...]

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate that was ordered."""
        return self.certificates[0]

    @property
    def pem(self) -> bytes:
        """The chain as a server presents it."""
        return to_pem(*self.certificates)

    @property
    def top(self) -> str:
        """The common name of the root that the chain leads to: its last issuer (cert-manager: `preferredChain`)."""
        return common_name(self.certificates[-1].issuer)


def parse(body: bytes, url: str, alternates: Sequence[str] = ()) -> Chain:
    """Read a chain (media type application/pem-certificate-chain).

    Raises:
        BadReplyError: it isn't one, or holds anything but certificates (section 9.1 and 11.4), even a word.
    """
    stranger = _BLOCK.sub(b"", body).strip()
    label = _LABEL.search(stranger)
    if label:
        raise BadReplyError(
            f"what {url} holds is not a chain of certificates alone: there is also a block {label[1].decode():.40}"
        )
    if stranger:
        raise BadReplyError(f"what {url} holds is not a chain of certificates alone: there is something beside them")
    try:
        return Chain(url, chains.from_pem(body), tuple(alternates))
    except PkiError as error:
        raise BadReplyError(f"what {url} holds is {error}") from error


def must_be_for(
    chain: Chain,
    key: PublicKey,
    identifiers: Collection[Identifier],
    at: datetime.datetime,
    roots: Sequence[x509.Certificate] | None = None,
) -> None:
    """Check that the chain is for this key and exactly these names, that it is valid at the time `at`, and holds.

    Without `roots` it must hold up to its own top: who connects later brings the roots. A leaf alone then proves
    nothing and is refused.

    Raises:
        CertificateRefusedError: it isn't so; retryable where it isn't valid yet, which may be this machine's clock.
    """
    _must_have_key(chain, key)
    _must_have_names(chain, identifiers)
    anchors = chain.certificates[1:][-1:] if roots is None else roots
    if not anchors:
        raise CertificateRefusedError(f"{chain.url} holds the certificate alone; only the CA's roots can verify it")
    try:
        chains.verify(chain.certificates, anchors, at)
    except PkiError as error:
        _must_be_valid(chain, at)
        raise CertificateRefusedError(f"{chain.url}: {error}") from error


def _must_have_key(chain: Chain, key: PublicKey) -> None:
    if not same_public_key(chain.leaf.public_key(), key):
        raise CertificateRefusedError(
            f"the certificate at {chain.url} is for another key. If the order was finalized with a key that is lost, "
            "make a new order"
        )


def _must_be_valid(chain: Chain, at: datetime.datetime) -> None:
    begins = max(one.not_valid_before_utc for one in chain.certificates)
    ends = min(one.not_valid_after_utc for one in chain.certificates)
    if at > ends:
        raise CertificateExpiredError(f"the certificate at {chain.url} has expired: it was valid until {_utc(ends)}")
    if at < begins:
        error = CertificateRefusedError(
            f"the certificate at {chain.url} isn't valid yet: it is from {_utc(begins)} on, and here it is {_utc(at)}\n"
            "This machine's clock may be behind: set it, and try again."
        )
        error.retryable, error.retry_after = True, begins - at
        raise error


def _utc(moment: datetime.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _must_have_names(chain: Chain, identifiers: Collection[Identifier]) -> None:
    try:
        names = AltNames.of(chain.leaf)
    except PkiError as error:
        raise CertificateRefusedError(f"{chain.url}: {error}") from error
    if names != alt_names(identifiers):
        wanted = ", ".join(map(str, sorted(identifiers)))
        raise CertificateRefusedError(f"the certificate at {chain.url} is not for {wanted}, or for more than that")
