"""What an ACME client keeps on disk, one folder a certificate: `account.key`, `tls.key`, `order.json`, `tls.crt`."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from certmanager.acme.certificate import Chain
from certmanager.acme.identifier import Identifier
from certmanager.pki import keys
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
    def certificate_key(self) -> Path:
        """What the certificate is for; never the account's key (section 11.1)."""
        return self.folder / "tls.key"

    @property
    def order(self) -> Path:
        """Which order is under way, at which CA, for which names."""
        return self.folder / "order.json"

    def key(self, path: Path) -> PrivateKey:
        """The key in the file `path`, made there the first time.

        Raises:
            PkiError: the file holds something else.
        """
        if not path.exists():
            self._write(path, keys.to_pem(keys.generate()))
        return keys.from_pem(path.read_bytes())

    def order_url(self, directory_url: str, identifiers: Collection[Identifier]) -> str | None:
        """The order that was begun for the same names at the same CA, if its URL came to be written."""
        try:
            record = json.loads(self.order.read_bytes())
        except (FileNotFoundError, ValueError):
            return None
        url = str(record.get("order"))
        return url if record == _record(directory_url, identifiers, url) else None

    def write_order(self, directory_url: str, identifiers: Collection[Identifier], url: str) -> None:
        """Keep which order is under way."""
        self._write(self.order, json.dumps(_record(directory_url, identifiers, url)).encode())

    def write_chain(self, chain: Chain) -> None:
        """Keep the certificate."""
        self._write(self.chain, chain.pem)

    def _write(self, path: Path, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(path, content)


def _record(directory_url: str, identifiers: Collection[Identifier], url: str) -> dict[str, object]:
    return {"directory": directory_url, "names": sorted(map(str, identifiers)), "order": url}
