"""Obtain a certificate into a folder; killed at any point and begun again, it goes on with the same order.

What has to survive is in `storage` before the CA hears of it: the account's key before newAccount, the certificate's
key before newOrder. The order's URL can only be written after the reply; if we die in between, the account's list of
orders has it, where the CA keeps one.
"""

import datetime
import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from cryptography import x509

from certmanager.acme import order
from certmanager.acme.account import Account, ExternalAccount
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Solver, Type
from certmanager.acme.client import Client, connect
from certmanager.acme.clock import Clock
from certmanager.acme.errors import BadReplyError, CertificateExpiredError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.identifier import Identifier
from certmanager.acme.issuance import issue
from certmanager.acme.jws import AccountKey
from certmanager.acme.open_orders import find_open_order
from certmanager.acme.order import Order
from certmanager.acme.order_failure import failure_of
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.acme.storage import OrderRecord, SpoiltRecordError, Storage
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey

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
    policy: PollingPolicy = PollingPolicy(),  # noqa: B008 - frozen
) -> Chain:
    """The certificate that is asked for, also kept in `storage`; `report` gets a sentence on an order from before.

    Raises:
        AcmeError: as `issue` says.
        PkiError: a key in the folder can't be used.
        OSError: the folder can't be written.
    """
    account_key, key = _account_key(storage), storage.key(storage.certificate_key)
    async with connect(request.directory_url, account_key, trust=trust, on_exchange=on_exchange) as client:
        owner = await client.new_account(request.contact, terms_agreed=request.terms_agreed, external=request.external)

        async def finish(begun: Order) -> Chain:
            storage.write_order(_record(request, begun.url))
            return await issue(client, begun, key, request.challenge, solver, roots=roots, policy=policy)

        earlier = await _find_earlier(client, owner, request, storage, report)
        chain = earlier and await _go_on(earlier, finish, client.clock, report)
        chain = chain or await finish(await client.new_order(request.identifiers))
    storage.write_chain(chain)
    return chain


def _account_key(storage: Storage) -> PrivateKey:
    key = storage.key(storage.account_key)
    try:
        AccountKey(key)
    except PkiError as error:
        raise PkiError(f"{storage.account_key}: {error}; move it away, and a new one is made") from error
    return key


def _record(request: ObtainRequest, order_url: str) -> OrderRecord:
    return OrderRecord(request.directory_url, frozenset(map(str, request.identifiers)), order_url)


async def _find_earlier(
    client: Client, owner: Account, request: ObtainRequest, storage: Storage, report: Reporter
) -> Order | None:
    """The order to go on with, or none; which of them, and why, is reported."""
    unusable, remark = "", ""
    try:
        record = storage.read_order()
    except SpoiltRecordError as error:
        record, unusable, remark = None, f": {error}", f" {error}."
    difference = record and record.difference(_record(request, record.order))
    if record is None or difference:
        unusable = f": the one from before {difference}" if difference else unusable
        earlier = await find_open_order(client, owner, request.identifiers)
    else:
        earlier, unusable = await _read_earlier(client, record.order, request)
    if earlier is not None:
        report(f"Going on with the order {earlier.url}, which is {earlier.status}.{remark}")
    elif unusable:
        report(f"A new order is needed{unusable}")
    return earlier


async def _read_earlier(client: Client, url: str, request: ObtainRequest) -> tuple[Order | None, str]:
    """The order from before; or none, and why it is of no use any more, to follow "A new order is needed"."""
    try:
        earlier = await client.order(url)
        order.must_be_for(earlier, request.identifiers)
        if earlier.status is order.Status.INVALID:
            return None, f":\n{await failure_of(client, earlier)}"
    except (ProblemError, BadReplyError) as error:
        if error.retryable:
            raise
        return None, f", the CA gives the one from before no more:\n{error}"
    return earlier, ""


async def _go_on(
    earlier: Order, finish: Callable[[Order], Awaitable[Chain]], clock: Clock, report: Reporter
) -> Chain | None:
    """The certificate of the order; or none, reported, if that was valid before, and isn't enough any more."""
    try:
        chain = await finish(earlier)
        due = _why_renew(chain, clock.now())
    except (ProblemError, BadReplyError, CertificateExpiredError) as error:
        if error.retryable or earlier.status is not order.Status.VALID:
            raise
        due = str(error)
    if earlier.status is order.Status.VALID and due:
        report(f"A new order is needed: {due}")
        return None
    return chain


def _why_renew(chain: Chain, now: datetime.datetime) -> str | None:
    """Why a certificate isn't enough: less than a third of its time is left (cert-manager: `renewBefore`)."""
    begins, ends = chain.leaf.not_valid_before_utc, chain.leaf.not_valid_after_utc
    soon = now >= ends - (ends - begins) / 3
    return f"the certificate at {chain.url} expires soon, at {ends:%Y-%m-%d %H:%M} UTC" if soon else None
