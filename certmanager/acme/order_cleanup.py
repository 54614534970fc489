"""Deactivate what an account's orders have left at the CA (RFC 8555 section 7.5.2), each from the state that it is in.

By that an order is invalid (section 7.1.6); there is no request that ends one. While the CA is looking for a proof, or
is issuing, it is waited for: what comes of that would overtake a deactivation.
"""

from dataclasses import dataclass
from http import HTTPStatus

from certmanager.acme import authorization, challenge, order, polling, problem
from certmanager.acme.account import Account
from certmanager.acme.authorization import Authorization
from certmanager.acme.client import Client
from certmanager.acme.errors import BadReplyError
from certmanager.acme.order import Order
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import Reporter

_MOST_ORDERS = 100


@dataclass(frozen=True)
class OrderCleaner:
    """As one account at one CA; `report` gets a sentence on all that isn't seen in the exchanges themselves."""

    client: Client
    report: Reporter
    deactivate_valid: bool
    policy: PollingPolicy

    async def give_back_listed(self, owner: Account, recorded: str | None) -> None:
        """Give back what the account's list of orders leads to, where the CA keeps one (section 7.1.2.1)."""
        urls: list[str] = []
        if owner.orders is None:
            self.report("The CA keeps no list of orders: the one on record, if any, is all that can be found.")
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
        """Deactivate the authorizations of an order; whether nothing has come of it or can, which is reported."""
        found = await self._order(url)
        if found is None:
            return True
        if found.certificate is None or self.deactivate_valid:
            for one in found.authorizations:
                await self._give_up(one)
        if found.certificate is not None:
            self.report(f"The order {url} has led to a certificate, and stays: revoking takes that back.")
            return False
        if found.status is not order.Status.INVALID:
            found = await self.client.order(url)
        if found.status is order.Status.INVALID:
            self.report(f"The order {url} is invalid: nothing can come of it.")
            return True
        self.report(f"The order {url} is {found.status}, and stays.")
        return False

    async def _order(self, url: str) -> Order | None:
        """The order once the CA isn't issuing any more; none, reported, if the CA has it no more."""
        try:
            found = await self.client.order(url)
            if found.status is order.Status.PROCESSING:
                self.report(f"The CA is issuing for {_names(found)} just now; that has to end first.")
            return await polling.until(
                lambda current: current.status is not order.Status.PROCESSING,
                found,
                lambda: self.client.order(url),
                self.client.clock,
                self.policy,
            )
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


def _names(found: Order) -> str:
    return ", ".join(map(str, sorted(found.identifiers)))


def _is_looked_at(opened: Authorization) -> bool:
    processing = any(one.status is challenge.Status.PROCESSING for one in opened.challenges)
    return processing and opened.status is authorization.Status.PENDING


def _must_be_gone(error: ProblemError) -> None:
    if error.retryable or not (
        error.problem.status == HTTPStatus.NOT_FOUND or error.problem.type == problem.UNAUTHORIZED
    ):
        raise error
