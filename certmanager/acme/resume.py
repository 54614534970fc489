"""Obtain a certificate into a folder; killed at any point and begun again, it goes on with the same order.

What has to survive is in `storage` before the CA hears of it: the account's key before newAccount, the certificate's
key before newOrder. The order's URL can only be written after the reply; if we die in between, the account's list of
orders has it, where the CA keeps one.
"""

import ssl
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from cryptography import x509

from certmanager.acme import order
from certmanager.acme.account import Account, ExternalAccount
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Solver, Type
from certmanager.acme.client import Client, connect
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import failure_of, find_open_order, issue
from certmanager.acme.order import Order
from certmanager.acme.problem import ProblemError
from certmanager.acme.storage import Storage

Reporter = Callable[[str], None]


@dataclass(frozen=True)
class ObtainRequest:
    """What is asked of which CA, and how the names are proved (lego: `certificate.ObtainRequest`)."""

    directory_url: str
    identifiers: Collection[Identifier]
    challenge: Type
    contact: Sequence[str] = ()
    external: ExternalAccount | None = None
    terms_agreed: bool = True


async def obtain(
    request: ObtainRequest,
    storage: Storage,
    solver: Solver,
    report: Reporter,
    *,
    trust: ssl.SSLContext | None = None,
    roots: Sequence[x509.Certificate] | None = None,
    on_exchange: ExchangeCallback | None = None,
) -> Chain:
    """The certificate that is asked for, also kept in `storage`; `report` gets a sentence on an order from before.

    Raises:
        AcmeError: as `issue` says.
        PkiError: a key in the folder can't be used.
        OSError: the folder can't be written.
    """
    account_key, key = storage.key(storage.account_key), storage.key(storage.certificate_key)
    async with connect(request.directory_url, account_key, trust=trust, on_exchange=on_exchange) as client:
        owner = await client.new_account(request.contact, terms_agreed=request.terms_agreed, external=request.external)
        begun = await _resume_or_create(client, owner, request, storage, report)
        storage.write_order(request.directory_url, request.identifiers, begun.url)
        chain = await issue(client, begun, key, request.challenge, solver, roots=roots)
    storage.write_chain(chain)
    return chain


async def _resume_or_create(
    client: Client, owner: Account, request: ObtainRequest, storage: Storage, report: Reporter
) -> Order:
    url = storage.order_url(request.directory_url, request.identifiers)
    if url is None:
        earlier = await find_open_order(client, owner, request.identifiers)
    else:
        earlier = await _read_earlier(client, url, report)
    if earlier is None:
        return await client.new_order(request.identifiers)
    report(f"Going on with the order {earlier.url}, which is {earlier.status}.")
    return earlier


async def _read_earlier(client: Client, url: str, report: Reporter) -> Order | None:
    try:
        earlier = await client.order(url)
    except ProblemError as error:
        if error.retryable:
            raise
        report(f"A new order is needed, the CA gives the one from before no more:\n{error}")
        return None
    if earlier.status is order.Status.INVALID:
        report(f"A new order is needed:\n{await failure_of(client, earlier)}")
        return None
    return earlier
