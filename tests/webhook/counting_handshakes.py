"""The operator, which says in its log when a client begins a handshake, with which certificate, and when it has looked.

It looks for a new certificate twenty times a second.
"""

import ssl
import sys
from functools import partial

from cryptography import x509

from icecream_operator.__main__ import main
from icecream_operator.webhook import cert_watcher, operation
from icecream_operator.webhook.cert_watcher import CertWatcher

LOOK, HANDSHAKE = "test: look", "test: handshake"


class CountingCertWatcher(CertWatcher):
    async def look(self) -> None:
        await super().look()
        print(LOOK)

    def _accept(self, pair: cert_watcher.Pair, certificate: x509.Certificate) -> None:
        super()._accept(pair, certificate)
        self.context.sni_callback = partial(say, certificate.serial_number)


def say(serial: int, _connection: ssl.SSLObject, _name: str, _context: ssl.SSLContext) -> None:
    print(f"{HANDSHAKE} {serial:x}")


if __name__ == "__main__":
    vars(operation)["CertWatcher"] = partial(CountingCertWatcher, interval=0.05)
    sys.exit(main())
