"""The client: RFC 8555's requests, in the RFC's order. What a resource is stands in the module of its name."""

import contextlib
import datetime
import ssl
from collections.abc import AsyncIterator, Collection, Sequence

from cryptography import x509

from certmanager.acme import (
    account,
    authorization,
    certificate,
    challenge,
    directory,
    jws,
    order,
    revocation,
)
from certmanager.acme.account import Account, ExternalAccount
from certmanager.acme.authorization import Authorization
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Challenge, Proof
from certmanager.acme.clock import Clock, SystemClock
from certmanager.acme.errors import AcmeError, BadReplyError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.fields import Fields
from certmanager.acme.identifier import Identifier
from certmanager.acme.jws import AccountKey, Json, Signer
from certmanager.acme.order import Order
from certmanager.acme.session import JSON, Session, open_session, retry_after
from certmanager.acme.transport import Reply
from certmanager.pki.keys import PrivateKey

PEM_CHAIN = "application/pem-certificate-chain"
_MOST_PAGES = 100


class Client:
    """One account at one CA, or about to become one.

    Raises:
        AcmeError: from every method, where the CA doesn't comply.
    """

    def __init__(self, session: Session, key: AccountKey, account_url: str | None, clock: Clock) -> None:
        self.account_url = account_url
        self.clock = clock
        self._session = session
        self._key = key

    @property
    def directory(self) -> directory.Directory:
        """Where the CA's resources are (section 7.1.1)."""
        return self._session.directory

    # Accounts, section 7.3

    async def new_account(
        self, contact: Sequence[str] = (), *, terms_agreed: bool, external: ExternalAccount | None = None
    ) -> Account:
        """Register the key, or find the account that it has already (section 7.3, 7.3.1 and 7.3.4)."""
        binding = None
        if external is not None:
            binding = jws.bind_external(self._key, external.key_id, external.mac_key, self.directory.new_account)
        return await self._sign_up(account.creation(contact, terms_agreed=terms_agreed, binding=binding))

    async def find_account(self) -> Account:
        """The key's account (section 7.3.1).

        Raises:
            ProblemError: of the type `accountDoesNotExist`, it has none.
        """
        return await self._sign_up(account.search())

    async def update_account(self, contact: Sequence[str]) -> Account:
        """Replace the account's contacts (section 7.3.2)."""
        return await self._change_account(account.update(contact))

    async def deactivate_account(self) -> Account:
        """End the account, for good (section 7.3.6)."""
        return await self._change_account(account.deactivation())

    async def orders(self, owner: Account) -> AsyncIterator[str]:
        """The URLs of the account's orders that the CA lists (section 7.1.2.1); none where the CA has no list."""
        page = owner.orders
        for _ in range(_MOST_PAGES):
            if page is None:
                return
            reply = await self._post(page, None, JSON)
            for url in Fields.from_json(reply.body, f"the list of orders {page}").urls("orders"):
                yield url
            page = next(iter(reply.links("next")), None)

    # Orders, section 7.4

    async def new_order(
        self,
        identifiers: Collection[Identifier],
        *,
        not_before: datetime.datetime | None = None,
        not_after: datetime.datetime | None = None,
    ) -> Order:
        """Ask for a certificate for exactly these names (section 7.4)."""
        payload = order.creation(identifiers, not_before, not_after)
        reply = await self._post(self.directory.new_order, payload, JSON)
        created = order.parse(reply.body, reply.location, self._retry_after(reply))
        order.must_be_for(created, identifiers)
        return created

    async def order(self, url: str) -> Order:
        """The order as it is now."""
        reply = await self._post(url, None, JSON)
        return order.parse(reply.body, url, self._retry_after(reply))

    async def finalize(self, ready: Order, request: x509.CertificateSigningRequest) -> Order:
        """Hand the certificate request in (section 7.4).

        Raises:
            ProblemError: of the type `orderNotReady`, the order is still pending; read it again.
        """
        reply = await self._post(ready.finalize, order.finalization(request), JSON)
        return order.parse(reply.body, ready.url, self._retry_after(reply))

    # Authorizations and challenges, section 7.5

    async def authorization(self, url: str) -> Authorization:
        """The authorization as it is now."""
        reply = await self._post(url, None, JSON)
        return authorization.parse(reply.body, url, self._retry_after(reply))

    async def deactivate_authorization(self, url: str) -> Authorization:
        """Give up an authorization, and with it the orders that wait for it (section 7.5.2)."""
        reply = await self._post(url, authorization.deactivation(), JSON)
        return authorization.parse(reply.body, url)

    def prove(self, offered: Challenge, identifier: Identifier) -> Proof:
        """What the account has to show for a challenge (section 8.1). Sends nothing."""
        return challenge.prove(offered, identifier, self._key)

    async def respond(self, offered: Challenge) -> Challenge:
        """Tell the CA to look for the proof (section 7.5.1)."""
        reply = await self._post(offered.url, challenge.response(), JSON)
        where = f"the challenge {offered.url}"
        return challenge.parse(Fields.from_json(reply.body, where), self._retry_after(reply))

    # Certificates, section 7.4.2 and 7.6

    async def certificate(self, url: str) -> Chain:
        """Download a chain, as it is: `certificate.must_be_for` says whether it may be used."""
        reply = await self._post(url, None, PEM_CHAIN)
        return certificate.parse(reply.body, url, reply.links("alternate"))

    async def revoke(
        self, revoked: x509.Certificate, reason: revocation.Reason | None = None, key: PrivateKey | None = None
    ) -> None:
        """Revoke a certificate as its owner's account, or by its own key (section 7.6).

        Raises:
            BadReplyError: the CA's directory has no revokeCert.
        """
        url = self.directory.revoke_cert
        if url is None:
            raise BadReplyError(f"the directory {self.directory.url} has no revokeCert that is an https URL")
        signer = self._signer() if key is None else Signer(AccountKey(key))
        await self._session.post(url, revocation.request(revoked, reason), signer)

    # What these are made of

    async def _sign_up(self, payload: Json) -> Account:
        reply = await self._session.post(self.directory.new_account, payload, Signer(self._key), JSON)
        owner = account.parse(reply.body, reply.location)
        self.account_url = owner.url
        return owner

    async def _change_account(self, payload: Json) -> Account:
        signer = self._signer()
        reply = await self._post(signer.account_url or "", payload, JSON)
        return account.parse(reply.body, reply.url)

    async def _post(self, url: str, payload: Json | None, media: str) -> Reply:
        return await self._session.post(url, payload, self._signer(), media)

    def _signer(self) -> Signer:
        if self.account_url is None:
            raise AcmeError("the client has no account yet: call new_account or find_account first")
        return Signer(self._key, self.account_url)

    def _retry_after(self, reply: Reply) -> datetime.timedelta | None:
        return retry_after(reply, self.clock.now())


@contextlib.asynccontextmanager
async def connect(
    directory_url: str,
    key: PrivateKey,
    *,
    account_url: str | None = None,
    trust: ssl.SSLContext | None = None,
    on_exchange: ExchangeCallback | None = None,
    clock: Clock = SystemClock(),  # noqa: B008 - it has no state
) -> AsyncIterator[Client]:
    """A client inside the `async with`, the directory read.

    With `account_url` from before, the account needn't be looked up again. `trust` says which certificates the CA's
    own server may have; `on_exchange` is called after each exchange.

    Raises:
        AcmeError: the CA can't be reached, or there is no directory at that URL.
    """
    async with open_session(directory_url, trust, on_exchange, clock) as session:
        yield Client(session, AccountKey(key), account_url, clock)
