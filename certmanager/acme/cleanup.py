"""Give back what an order has left behind: proofs that are still shown, and authorizations that are still pending.

Nothing at a CA is deleted: an authorization is deactivated (RFC 8555 section 7.5.2), and by that its order is invalid
(section 7.1.6). What there is to do is read anew each time, so it may be killed anywhere and run again: proofs go
first, since to take them back no CA is needed; the record of the order goes last, since it leads to all the others.
"""

import ssl
from dataclasses import dataclass
from http import HTTPStatus

from certmanager.acme import authorization, challenge, order, polling, problem
from certmanager.acme.account import Account
from certmanager.acme.account_deactivation import find_valid_account
from certmanager.acme.authorization import Authorization
from certmanager.acme.client import Client, connect
from certmanager.acme.errors import AcmeError, BadReplyError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.order import Order
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.presented import PresentedChallenges, SolverFor, take_back
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import Reporter
from certmanager.acme.storage import OrderRecord, SpoiltRecordError, Storage

_MOST_ORDERS = 100


async def clean_up_folder(
    storage: Storage,
    directory_url: str,
    solver_for: SolverFor,
    report: Reporter,
    *,
    deactivate_valid: bool = False,
    trust: ssl.SSLContext | None = None,
    on_exchange: ExchangeCallback | None = None,
    policy: PollingPolicy = PollingPolicy(),  # noqa: B008 - frozen
) -> None:
    """Take all proofs back, and deactivate what is pending in the orders of the folder's account.

    `deactivate_valid`: what is valid too, and with it the right to a certificate without another proof.

    Raises:
        AcmeError: the CA doesn't comply, or can't be reached; or a proof can't be taken back.
        PkiError: the account's key can't be used.
        OSError: the folder can't be read or written.
    """
    await take_back(PresentedChallenges(storage.challenges), solver_for, report)
    record = _record(storage, directory_url, report)
    if not storage.account_key.exists():
        if record is not None:
            raise AcmeError(_without_key(storage, record))
        report(f"There is no {storage.account_key}: no account, so nothing is left at a CA.")
        return
    key = storage.key(storage.account_key)
    async with connect(directory_url, key, trust=trust, on_exchange=on_exchange) as client:
        owner = await find_valid_account(client, report)
        if owner is not None:
            cleaner = _Cleaner(client, report, deactivate_valid, policy)
            await cleaner.give_back_listed(owner, record.order if record else None)
            if record is not None and not await cleaner.give_back(record.order):
                return
    storage.order.unlink(missing_ok=True)
    report("Nothing is left behind.")


def _record(storage: Storage, directory_url: str, report: Reporter) -> OrderRecord | None:
    try:
        record = storage.read_order()
    except SpoiltRecordError:
        report(f"{storage.order} holds something else than an order; only the CA's list can tell which there are.")
        return None
    if record is not None and record.directory != directory_url:
        raise AcmeError(f"{storage.order} is of another directory: {record.directory}\nClean up there first.")
    return record


def _without_key(storage: Storage, record: OrderRecord) -> str:
    return (
        f"{storage.account_key} isn't there, and only its account may give back the order {record.order}\n"
        f"Put the key back; or, if it is lost, remove {storage.order}: the order expires by itself."
    )


@dataclass(frozen=True)
class _Cleaner:
    client: Client
    report: Reporter
    deactivate_valid: bool
    policy: PollingPolicy

    async def give_back_listed(self, owner: Account, recorded: str | None) -> None:
        """Give back what the account's list of orders leads to, where the CA keeps one (section 7.1.2.1)."""
        urls: list[str] = []
        try:
            async for url in self.client.orders(owner):
                urls.append(url)
                if len(urls) == _MOST_ORDERS:
                    break
        except (ProblemError, BadReplyError) as error:
            if error.retryable:
                raise
            self.report(f"The CA's list of orders can't be read: {error}")
        for url in urls:
            if url != recorded:
                await self.give_back(url)

    async def give_back(self, url: str) -> bool:
        """Deactivate the authorizations of an order; whether nothing can come of it any more, which is reported."""
        found = await self._order(url)
        if found is None:
            return True
        if found.status is not order.Status.VALID or self.deactivate_valid:
            for one in found.authorizations:
                await self._give_up(one)
        if found.status is not order.Status.INVALID:
            found = await self.client.order(url)
        if found.status is order.Status.INVALID:
            self.report(f"The order {url} is invalid: nothing can come of it.")
            return True
        self.report(f"The order {url} is {found.status}, and stays.")
        return False

    async def _order(self, url: str) -> Order | None:
        try:
            return await self.client.order(url)
        except ProblemError as error:
            _must_be_gone(error)
            self.report(f"The CA gives the order {url} no more: {error.problem.detail}")
            return None

    async def _give_up(self, url: str) -> None:
        """Deactivate an authorization, unless it is over, or valid and to be kept."""
        try:
            found = await self._decided(await self.client.authorization(url))
        except ProblemError as error:
            _must_be_gone(error)
            self.report(f"The CA gives the authorization {url} no more: {error.problem.detail}")
            return
        is_valid = found.status is authorization.Status.VALID
        if found.status is authorization.Status.PENDING or (is_valid and self.deactivate_valid):
            await self.client.deactivate_authorization(url)
        elif is_valid:
            self.report(
                f"The authorization for {found.identifier} is valid, and stays: it spares the next order a proof."
            )

    async def _decided(self, opened: Authorization) -> Authorization:
        """The authorization once the CA isn't looking any more: what it finds would overtake a deactivation."""
        if _is_looked_at(opened):
            self.report(f"The CA is looking for the proof of {opened.identifier} just now; that has to end first.")
        return await polling.until(
            lambda current: not _is_looked_at(current),
            opened,
            lambda: self.client.authorization(opened.url),
            self.client.clock,
            self.policy,
        )


def _is_looked_at(opened: Authorization) -> bool:
    processing = any(one.status is challenge.Status.PROCESSING for one in opened.challenges)
    return processing and opened.status is authorization.Status.PENDING


def _must_be_gone(error: ProblemError) -> None:
    if error.retryable or not (
        error.problem.status == HTTPStatus.NOT_FOUND or error.problem.type == problem.UNAUTHORIZED
    ):
        raise error
