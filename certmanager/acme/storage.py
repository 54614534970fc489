"""What an ACME client keeps on disk, one folder a certificate: `account.key`, `tls.key`, `order.json`, `tls.crt`.

What stands in `challenges.json`, while there is one, is a matter of `presented`.
"""

import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from certmanager.acme.certificate import Chain
from certmanager.acme.errors import BadReplyError
from certmanager.acme.fields import Fields
from certmanager.pki import keys
from certmanager.pki.errors import PkiError
from certmanager.pki.files import write_atomically
from certmanager.pki.keys import PrivateKey


@dataclass(frozen=True)
class Storage:
    """The files of one certificate, for the user's eyes only; each is whole or not there.

    Raises:
        OSError: from every method, where the folder can't be read or written.
    """

    folder: Path

    @property
    def chain(self) -> Path:
        """The certificate and those above it."""
        return self.folder / "tls.crt"

    @property
    def account_key(self) -> Path:
        """Whom the CA knows."""
        return self.folder / "account.key"

    @property
    def deactivated_account_key(self) -> Path:
        """Whom the CA knew."""
        return self.folder / "deactivated-account.key"

    @property
    def certificate_key(self) -> Path:
        """What the certificate is for; never the account's key (section 11.1)."""
        return self.folder / "tls.key"

    @property
    def order(self) -> Path:
        """Which order is under way, at which CA, for which names."""
        return self.folder / "order.json"

    @property
    def challenges(self) -> Path:
        """Which proofs are shown by something that outlives this process."""
        return self.folder / "challenges.json"

    def key(self, path: Path) -> PrivateKey:
        """The key in the file `path`, made there the first time.

        Raises:
            PkiError: the file holds something else, or isn't its owner's alone.
        """
        if not path.exists():
            self._write(path, keys.to_pem(keys.generate()))
        _must_be_ours_alone(path)
        try:
            return keys.from_pem(path.read_bytes())
        except PkiError as error:
            raise PkiError(f"{path} is {error}; move it away, and a new one is made") from None

    def read_order(self) -> "OrderRecord | None":
        """The order that was begun before, if its URL came to be written.

        Raises:
            SpoiltRecordError: the file holds something else.
        """
        try:
            return OrderRecord.parse(self.order.read_bytes())
        except FileNotFoundError:
            return None
        except BadReplyError:
            raise SpoiltRecordError(f"{self.order} holds something else than an order, and is written anew") from None

    def write_order(self, record: "OrderRecord") -> None:
        """Keep which order is under way."""
        members = {**vars(record), "names": sorted(record.names)}
        self._write(self.order, json.dumps(members).encode())

    def write_chain(self, chain: Chain) -> None:
        """Keep the certificate."""
        self._write(self.chain, chain.pem)

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, content)


@dataclass(frozen=True)
class OrderRecord:
    """Which order is under way, at which CA, for which names."""

    directory: str
    names: frozenset[str]
    order: str

    @classmethod
    def parse(cls, content: bytes) -> "OrderRecord":
        """Read one.

        Raises:
            BadReplyError: it is none.
        """
        members = Fields.from_json(content, "the record")
        names = frozenset(members.texts("names"))
        return cls(members.text("directory"), names, members.url("order"))

    def difference(self, other: "OrderRecord") -> str | None:
        """What it has that `other` hasn't, in words; nothing if an order of one is an order of the other."""
        if self.directory != other.directory:
            return f"is of another directory, {self.directory}"
        if self.names != other.names:
            return f"is for other names, {', '.join(sorted(self.names))}"
        return None


class SpoiltRecordError(ValueError):
    """The record of an order is no such."""


def _must_be_ours_alone(path: Path) -> None:
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise PkiError(f"{path} belongs to another user (uid {status.st_uid}); whoever that is knows the key")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise PkiError(f"{path} is open to others (mode {mode:04o}); chmod 600, if nobody has seen the key")
