"""Obtain a certificate into a folder; killed at any point and begun again, it goes on with the same order.

What has to survive is in `storage` before the CA hears of it: the account's key before newAccount, the certificate's
key before newOrder. The order's URL can only be written after the reply; if we die in between, the account's list of
orders has it, where the CA keeps one.
"""

import datetime
import ssl
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from cryptography import x509

from certmanager.acme import order
from certmanager.acme.account import Account, ExternalAccount
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Solver, Type
from certmanager.acme.client import Client, connect
from certmanager.acme.errors import BadReplyError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.identifier import Identifier, alt_names
from certmanager.acme.issuance import failure_of, find_open_order, issue
from certmanager.acme.jws import AccountKey
from certmanager.acme.order import Order
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.acme.storage import OrderRecord, SpoiltRecordError, Storage
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey
from certmanager.pki.names import AltNames

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
        begun = await _resume_or_create(client, owner, request, storage, report)
        storage.write_order(_record(request, begun.url))
        chain = await issue(client, begun, key, request.challenge, solver, roots=roots, policy=policy)
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


async def _resume_or_create(
    client: Client, owner: Account, request: ObtainRequest, storage: Storage, report: Reporter
) -> Order:
    earlier, unusable, remark = None, "", ""
    try:
        record = storage.read_order()
    except SpoiltRecordError as error:
        record, unusable, remark = None, f": {error}", f" {error}."
    if record is not None:
        difference = record.difference(_record(request, record.order))
        if difference:
            unusable = f": the one from before {difference}"
        else:
            earlier, unusable = await _read_earlier(client, record.order, request, storage)
    earlier = earlier or await find_open_order(client, owner, request.identifiers)
    if earlier is not None:
        report(f"Going on with the order {earlier.url}, which is {earlier.status}.{remark}")
        return earlier
    if unusable:
        report(f"A new order is needed{unusable}")
    return await client.new_order(request.identifiers)


async def _read_earlier(client: Client, url: str, request: ObtainRequest, storage: Storage) -> tuple[Order | None, str]:
    """The order from before; or none, and why it is of no use any more, to follow "A new order is needed"."""
    try:
        earlier = await client.order(url)
        order.must_be_for(earlier, request.identifiers)
        if earlier.status is order.Status.INVALID:
            return None, f":\n{await failure_of(client, earlier)}"
        if earlier.certificate is not None and earlier.status is order.Status.VALID:
            due = await _why_renew(client, earlier.certificate, request, storage)
            return (None, f": {due}") if due else (earlier, "")
    except (ProblemError, BadReplyError) as error:
        if error.retryable:
            raise
        return None, f", the CA gives the one from before no more:\n{error}"
    return earlier, ""


async def _why_renew(client: Client, url: str, request: ObtainRequest, storage: Storage) -> str | None:
    """Why the certificate at `url` isn't enough any more; the CA is asked for it where none that is enough is kept."""
    now, kept = client.clock.now(), storage.read_leaf()
    if kept and AltNames.of(kept) == alt_names(request.identifiers) and _is_due(kept, now) is None:
        return None
    return _is_due((await client.certificate(url)).leaf, now)


def _is_due(leaf: x509.Certificate, now: datetime.datetime) -> str | None:
    """How little of its time is left where that is less than a third (cert-manager: `renewBefore`)."""
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if now > ends:
        return f"the certificate of the one from before expired at {ends:%Y-%m-%d %H:%M} UTC"
    if now >= ends - (ends - begins) / 3:
        return f"the certificate of the one from before expires soon, at {ends:%Y-%m-%d %H:%M} UTC"
    return None
