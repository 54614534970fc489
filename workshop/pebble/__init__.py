"""Pebble, the ACME server for tests of Let's Encrypt's makers, and challtestsrv, the DNS that it asks: both local.

    with pebble.serve() as ca:
        ...  # ca.directory_url, ca.trust, ca.http_port, ca.dns, ca.roots()

| module | what it does |
|---|---|
| `options` | how a test CA behaves, as Pebble's configuration and environment |
| `server` | start both programs, wait until they answer, end them |
| `ports` | free ports on loopback that nobody takes in between |
| `serving_certificate` | Pebble's own certificate, by a CA made for this run |
| `challtestsrv` | what the DNS answers; also a solver for DNS-01 |

Pebble 2.10.1 can hang for ever: it takes its locks in two orders, so a newOrder, another order's authorization being
read and a third one's certificate being stored may wait for each other. It was seen about once in 1,800 issuances
that ran 16 at a time, and needs three at a time; one after the other is safe.
"""

from workshop.pebble.options import Options
from workshop.pebble.server import Pebble, PebbleError, serve

__all__ = ["Options", "Pebble", "PebbleError", "serve"]
