"""Download a certificate by one of its chains, and check that it is what was ordered (RFC 8555 section 7.4.2)."""

import logging
from collections.abc import AsyncIterator, Sequence

from cryptography import x509

from certmanager.acme import certificate
from certmanager.acme.certificate import Chain
from certmanager.acme.client import Client
from certmanager.acme.errors import AcmeError
from certmanager.acme.order import Order
from certmanager.pki.keys import PrivateKey

MOST_ALTERNATES = 10

_log = logging.getLogger(__name__)


async def download(
    client: Client,
    valid: Order,
    key: PrivateKey,
    roots: Sequence[x509.Certificate] | None = None,
    preferred_chain: str | None = None,
) -> Chain:
    """The chain of a valid order, checked; with `preferred_chain`, the alternate that leads to the root of that name.

    An alternate that can't be had or used leaves the default chain, with a warning in the log.

    Raises:
        CertificateRefusedError: the CA sent something else.
        AcmeError: the CA doesn't comply, or can't be reached.
    """
    assert valid.certificate is not None  # order.parse gives no valid order without

    def check(chain: Chain) -> None:
        certificate.must_be_for(chain, key.public_key(), valid.identifiers, client.clock.now(), roots)

    default = await client.certificate(valid.certificate)
    if preferred_chain is not None and default.top != preferred_chain:
        async for alternate in _alternates(client, default):
            if alternate.top != preferred_chain:
                continue
            try:
                check(alternate)
            except AcmeError as error:
                _log.warning("The alternate chain isn't used: %s", error)
            else:
                return alternate
        _log.warning("No chain to %r can be had; the default leads to %r", preferred_chain, default.top)
    check(default)
    return default


async def _alternates(client: Client, default: Chain) -> AsyncIterator[Chain]:
    for url in default.alternates[:MOST_ALTERNATES]:
        try:
            yield await client.certificate(url)
        except AcmeError as error:
            _log.warning("An alternate chain can't be had: %s", error)
