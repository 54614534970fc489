"""Revoke the certificate of a folder (RFC 8555 section 7.6), and remove it there; what is ordered next begins anew."""

import ssl

from cryptography import x509

from certmanager.acme import order, problem
from certmanager.acme.client import Client, connect
from certmanager.acme.errors import AcmeError, StillPendingError
from certmanager.acme.exchange import ExchangeCallback
from certmanager.acme.problem import ProblemError
from certmanager.acme.resume import Reporter
from certmanager.acme.revocation import Reason
from certmanager.acme.storage import SpoiltRecordError, Storage
from certmanager.pki import chains
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey


async def revoke_certificate(
    storage: Storage,
    directory_url: str,
    report: Reporter,
    *,
    reason: Reason | None = None,
    by_certificate_key: bool = False,
    trust: ssl.SSLContext | None = None,
    on_exchange: ExchangeCallback | None = None,
) -> None:
    """Revoke it as its account or by its own key; then remove the order's record, the certificate and the key.

    One that was never downloaded is got from its order first, which only the account can do. What is revoked already
    is only removed here.

    Raises:
        AcmeError: the CA doesn't comply, or can't be reached; or the key that is to sign isn't there.
        PkiError: a key or the certificate can't be read.
        OSError: the folder can't be read or written.
    """
    kept = _kept(storage)
    if kept is None and not storage.order.exists():
        report(f"There is no certificate in {storage.folder}: nothing to revoke.")
    else:
        key = _key(storage, of_certificate=by_certificate_key)
        async with connect(directory_url, key, trust=trust, on_exchange=on_exchange) as client:
            if not by_certificate_key:
                await _find_account(client)
            certificate = kept or await _download(client, storage, directory_url)
            await _revoke(client, certificate, reason, key if by_certificate_key else None, report)
    _remove(storage, report)


def _kept(storage: Storage) -> x509.Certificate | None:
    try:
        return chains.from_pem(storage.chain.read_bytes())[0]
    except FileNotFoundError:
        return None
    except PkiError as error:
        raise PkiError(f"{storage.chain} is {error}") from error


def _key(storage: Storage, *, of_certificate: bool) -> PrivateKey:
    path, other = storage.account_key, "the certificate's own key"
    if of_certificate:
        path, other = storage.certificate_key, "its account"
    if not path.exists():
        raise AcmeError(f"{path} isn't there, so it can't sign; a certificate may be revoked by {other} too")
    if of_certificate and not storage.chain.exists():
        raise AcmeError(f"{storage.chain} isn't there, and only its account can download it: revoke it as that")
    return storage.key(path)


async def _find_account(client: Client) -> None:
    try:
        await client.find_account()
    except ProblemError as error:
        if error.problem.type not in (problem.UNAUTHORIZED, problem.ACCOUNT_DOES_NOT_EXIST):
            raise
        raise AcmeError(f"{error}\nThe certificate may be revoked by its own key too, without an account.") from error


async def _download(client: Client, storage: Storage, directory_url: str) -> x509.Certificate:
    """The certificate of the order from before."""
    try:
        record = storage.read_order()
    except SpoiltRecordError:
        record = None
    if record is None or record.directory != directory_url:
        raise AcmeError(f"{storage.order} is no order of {directory_url}, and there is no {storage.chain} to revoke")
    found = await client.order(record.order)
    if found.status is order.Status.PROCESSING:
        raise StillPendingError(f"the order {found.url} is processing: its certificate comes; revoke it after that")
    if found.certificate is None:
        raise AcmeError(f"the order {found.url} is {found.status}: it has no certificate; clean up in place of this")
    return (await client.certificate(found.certificate)).leaf


async def _revoke(
    client: Client, certificate: x509.Certificate, reason: Reason | None, key: PrivateKey | None, report: Reporter
) -> None:
    try:
        await client.revoke(certificate, reason, key)
    except ProblemError as error:
        if error.problem.type != problem.ALREADY_REVOKED:
            raise
        report("It was revoked before.")


def _remove(storage: Storage, report: Reporter) -> None:
    """Remove what is left of it, the key last: as long as one of the others is there, that may have to sign."""
    paths = [path for path in (storage.order, storage.chain, storage.certificate_key) if path.exists()]
    for path in paths:
        path.unlink(missing_ok=True)
    if paths:
        report(f"Removed from {storage.folder}: {', '.join(path.name for path in paths)}")
