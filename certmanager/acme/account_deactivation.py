"""End the account of a folder, for good (RFC 8555 section 7.3.6): the last of all, since all else is signed by it."""

import ssl

from certmanager.acme import problem
from certmanager.acme.account import Account, Status
from certmanager.acme.client import Client, connect
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import Reporter
from certmanager.acme.storage import Storage


async def deactivate_account(
    storage: Storage,
    directory_url: str,
    report: Reporter,
    *,
    trust: ssl.SSLContext | None = None,
    on_exchange: ExchangeCallback | None = None,
) -> None:
    """Deactivate the account, forget its order, and put its key aside; each time from what is there.

    A key that the CA doesn't know stays: it may be another CA's.

    Raises:
        AcmeError: the CA doesn't comply, or can't be reached.
        PkiError: the key can't be used.
        OSError: the folder can't be read or written.
    """
    if not storage.account_key.exists():
        report(f"There is no {storage.account_key}: no account to deactivate.")
        return
    key = storage.key(storage.account_key)
    async with connect(directory_url, key, trust=trust, on_exchange=on_exchange) as client:
        try:
            owner = await client.find_account()
            if owner.status is Status.VALID:
                await client.deactivate_account()
        except ProblemError as error:
            report(_why_none(error))
            if error.problem.type == problem.ACCOUNT_DOES_NOT_EXIST:
                return
    storage.order.unlink(missing_ok=True)
    storage.account_key.replace(storage.deactivated_account_key)
    report(f"The key is of no use any more: it is {storage.deactivated_account_key} now.")


async def find_valid_account(client: Client, report: Reporter) -> Account | None:
    """The key's account; or none, reported, where the CA knows none or lets it do nothing any more.

    Raises:
        AcmeError: the CA doesn't comply, or can't be reached.
    """
    try:
        owner = await client.find_account()
    except ProblemError as error:
        report(_why_none(error))
        return None
    if owner.status is not Status.VALID:
        report(f"The account {owner.url} is {owner.status}.")
        return None
    return owner


def _why_none(error: ProblemError) -> str:
    """Why there is no account that could do anything.

    Raises:
        ProblemError: `error` itself, where it says something else.
    """
    match error.problem.type:
        case problem.ACCOUNT_DOES_NOT_EXIST:
            return "The CA knows no account of this key."
        case problem.UNAUTHORIZED:  # what a deactivated account gets to everything
            return f"The CA lets this account do nothing any more: {error.problem.detail}"
        case _:
            raise error
