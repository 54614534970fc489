"""Give back what an order has left behind: proofs that are still shown, and authorizations that are still pending.

What there is to do is read anew each time, from the folder and from the CA, so it may be killed anywhere and run again:
proofs go first, since to take them back no CA is needed (`presented`); then what the orders lead to (`order_cleanup`);
the record of the order goes last, since it leads there.
"""

import ssl

from certmanager.acme.account_deactivation import find_valid_account
from certmanager.acme.client import connect
from certmanager.acme.errors import AcmeError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.order_cleanup import OrderCleaner
from certmanager.acme.polling import PollingPolicy
from certmanager.acme.presented import PresentedChallenges, SolverFor, take_back
from certmanager.acme.resume import Reporter
from certmanager.acme.storage import OrderRecord, SpoiltRecordError, Storage


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
            cleaner = OrderCleaner(client, report, deactivate_valid, policy)
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
