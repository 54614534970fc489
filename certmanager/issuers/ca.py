"""The issuer CA: certificates by a CA whose pair lies in a Secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography import x509

from certmanager.issuers.response import IssueError, IssueResponse
from certmanager.pki import certificates, chains, keys, requests, templates
from certmanager.pki.certificates import Authority
from certmanager.pki.errors import PkiError
from certmanager.pki.templates import Grant, Urls


class InvalidKeyPairError(Exception):
    """A Secret holds no pair that could sign. The message says what is wrong with it."""


@dataclass(frozen=True)
class SigningPair:
    """A CA's pair: who signs, and the certificates above that, as far as the Secret has them."""

    authority: Authority
    above: Sequence[x509.Certificate]

    @classmethod
    def of(cls, data: Mapping[str, bytes]) -> "SigningPair":
        """Read the pair from a Secret's data: `tls.crt` begins with the CA that signs; `ca.crt` may go on.

        Raises:
            InvalidKeyPairError: there is none, or it is no pair.
        """
        try:
            chain = chains.from_pem(_required(data, "tls.crt"))
            key = keys.from_pem(_required(data, "tls.key"))
            top = chains.from_pem(data["ca.crt"]) if data.get("ca.crt") else ()
            return cls(Authority(chain[0], key), (*chain[1:], *top))
        except PkiError as error:
            raise InvalidKeyPairError(str(error)) from error

    @property
    def may_sign(self) -> bool:
        """Whether its certificate is a CA's."""
        return certificates.may_sign(self.authority.certificate)


def issue(pem: bytes, pair: SigningPair, grant: Grant, serial: int, urls: Urls = Urls()) -> IssueResponse:  # noqa: B008 - frozen
    """Sign the request `pem`. The chain leaves a self-signed root out; the top of it is the CA to be trusted.

    Raises:
        IssueError: it isn't a request, or asks for more than is granted, or there is no one chain above the CA.
    """
    try:
        template = templates.from_request(requests.from_pem(pem), grant, serial)
    except PkiError as error:
        raise IssueError("SigningError", f"Error generating certificate template: {error}") from error
    leaf = templates.sign(template.with_urls(urls), pair.authority)
    try:
        chain = chains.in_order([leaf, pair.authority.certificate, *pair.above])
    except PkiError as error:
        raise IssueError("SigningError", f"Error signing certificate: {error}") from error
    return IssueResponse(certificates.to_pem(*chains.without_root(chain)), certificates.to_pem(chain[-1]))


def _required(data: Mapping[str, bytes], name: str) -> bytes:
    if not data.get(name):
        raise InvalidKeyPairError(f"no data for {name!r} in secret")
    return data[name]
