"""Obtain a certificate into a folder; killed at any point and begun again, it goes on with the same order.

What has to survive is on disk before the CA hears of it: the account's key before newAccount, the certificate's key
before newOrder. The order's URL can only be written after the reply; if we die in between, the account's list of
orders has it, where the CA keeps one.
"""

import json
import os
import ssl
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from certmanager.acme import order
from certmanager.acme.account import Account, ExternalAccount
from certmanager.acme.certificate import Chain
from certmanager.acme.challenge import Solver, Type
from certmanager.acme.client import Client, connect
from certmanager.acme.identifier import Identifier
from certmanager.acme.issue import failure_of, find_open_order, issue
from certmanager.acme.order import Order
from certmanager.acme.problem import ProblemError
from certmanager.acme.wire import Watcher
from certmanager.pki import keys
from certmanager.pki.keys import PrivateKey

Say = Callable[[str], None]


@dataclass(frozen=True)
class Wanted:
    """What is asked of which CA, and how the names are proved."""

    directory_url: str
    identifiers: Collection[Identifier]
    challenge: Type
    contact: Sequence[str] = ()
    external: ExternalAccount | None = None
    terms_agreed: bool = True


@dataclass(frozen=True)
class Folder:
    """The files of one certificate on its way: `account.key`, `tls.key`, `order.json` and at last `tls.crt`."""

    root: Path

    @property
    def chain(self) -> Path:
        """The certificate and those above it."""
        return self.root / "tls.crt"

    @property
    def account_key(self) -> Path:
        """Whom the CA knows."""
        return self.root / "account.key"

    @property
    def certificate_key(self) -> Path:
        """What the certificate is for; never the account's key (section 11.1)."""
        return self.root / "tls.key"

    @property
    def order(self) -> Path:
        """Which order is under way, at which CA, for which names."""
        return self.root / "order.json"

    def key(self, path: Path) -> PrivateKey:
        """The key in the file `path`, made there the first time. PkiError: it holds something else."""
        if not path.exists():
            self.write(path, keys.to_pem(keys.generate()))
        return keys.from_pem(path.read_bytes())

    def order_url(self, wanted: Wanted) -> str | None:
        """The order that was begun for the same names at the same CA, if its URL came to be written."""
        try:
            record = json.loads(self.order.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        return str(record["order"]) if record == _record(wanted, str(record.get("order"))) else None

    def keep_order(self, wanted: Wanted, url: str) -> None:
        """Write down which order is under way."""
        self.write(self.order, json.dumps(_record(wanted, url)).encode())

    def write(self, path: Path, content: bytes) -> None:
        """Put a file there, for the user's eyes only, whole or not at all."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            os.fsync(file.fileno())
        draft.replace(path)


async def obtain(
    wanted: Wanted,
    folder: Folder,
    solver: Solver,
    say: Say,
    *,
    trust: ssl.SSLContext | None = None,
    roots: Sequence[x509.Certificate] | None = None,
    watch: Watcher | None = None,
) -> Chain:
    """The certificate that is `wanted`, also written into `folder`; `say` is told why an order isn't gone on with.

    AcmeError: as `issue` says. PkiError: a key in the folder can't be used. OSError: the folder can't be written.
    """
    account_key, key = folder.key(folder.account_key), folder.key(folder.certificate_key)
    async with connect(wanted.directory_url, account_key, trust=trust, watch=watch) as client:
        owner = await client.new_account(wanted.contact, terms_agreed=wanted.terms_agreed, external=wanted.external)
        begun = await _begun(client, owner, wanted, folder, say)
        folder.keep_order(wanted, begun.url)
        chain = await issue(client, begun, key, wanted.challenge, solver, roots=roots)
    folder.write(folder.chain, chain.pem)
    return chain


async def _begun(client: Client, owner: Account, wanted: Wanted, folder: Folder, say: Say) -> Order:
    url = folder.order_url(wanted)
    known = await _known(client, url, say) if url else await find_open_order(client, owner, wanted.identifiers)
    if known is not None:
        say(f"Going on with the order {known.url}, which is {known.status}.")
        return known
    return await client.new_order(wanted.identifiers)


async def _known(client: Client, url: str, say: Say) -> Order | None:
    try:
        known = await client.order(url)
    except ProblemError as error:
        if error.retryable:
            raise
        say(f"A new order is needed, the CA gives the one from before no more:\n{error}")
        return None
    if known.status is order.Status.INVALID:
        say(f"A new order is needed:\n{await failure_of(client, known)}")
        return None
    return known


def _record(wanted: Wanted, url: str) -> dict[str, object]:
    names = sorted(map(str, wanted.identifiers))
    return {"directory": wanted.directory_url, "names": names, "order": url}
