"""How a test CA behaves, as Pebble 2.10 wants it configured.

Pebble ignores what it doesn't know, in silence, so every name here was tried against that version: the validity
stands in a profile, delays for Retry-After in the configuration, the rest of the faults in the environment.
"""

import contextlib
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Self

from josepy.b64 import b64encode

from workshop.system.ports import reserved_port


@dataclass(frozen=True)
class Ports:
    """Where Pebble listens, where it looks for HTTP-01 proofs, and where its DNS is."""

    acme: int
    management: int
    http: int
    dns: int
    dns_management: int

    @classmethod
    @contextlib.contextmanager
    def reserved(cls) -> Iterator[Self]:
        """Free ones that stay ours inside the `with`, as far as the system can do that."""
        with contextlib.ExitStack() as held:
            yield cls(*(held.enter_context(reserved_port()) for _ in fields(cls)))


@dataclass(frozen=True)
class Options:
    """How a Pebble behaves; by default it is strict and without faults.

    `bad_nonces` and `authorization_reuse` are percentages; Pebble reuses in 1 % of the cases even at 0.
    Each of a validation's three connections waits up to `validation_delay` whole seconds, at random.
    `retry_after` seconds are asked for pending authorizations and processing orders; 0 asks nothing.
    `external_accounts` are key ids and MAC keys; with any, registering needs one.
    """

    validity: datetime.timedelta = datetime.timedelta(days=90)
    bad_nonces: int = 0
    validation_delay: int = 0
    always_valid: bool = False
    authorization_reuse: int = 50
    blocklist: tuple[str, ...] = ("blocked-domain.example",)
    external_accounts: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    alternate_roots: int = 0
    chain_length: int = 1
    retry_after: int = 0
    strict: bool = True

    def configuration(self, ports: Ports) -> dict[str, object]:
        """Pebble's configuration file, for a folder that holds `tls.crt` and `tls.key`."""
        return {
            "pebble": {
                "listenAddress": f"127.0.0.1:{ports.acme}",
                "managementListenAddress": f"127.0.0.1:{ports.management}",
                "certificate": "tls.crt",
                "privateKey": "tls.key",
                "httpPort": ports.http,
                "domainBlocklist": list(self.blocklist),
                "externalAccountBindingRequired": bool(self.external_accounts),
                "externalAccountMACKeys": {
                    name: b64encode(key).decode() for name, key in self.external_accounts.items()
                },
                "retryAfter": {"authz": self.retry_after, "order": self.retry_after},
                "keyAlgorithm": "ecdsa",
                "profiles": {
                    "default": {
                        "description": "The only profile",
                        "validityPeriod": int(self.validity.total_seconds()),
                    }
                },
            }
        }

    def environment(self) -> dict[str, str]:
        """The whole environment of the process, so that no variable of the user's has a say."""
        return {
            "PEBBLE_WFE_NONCEREJECT": str(self.bad_nonces),
            "PEBBLE_AUTHZREUSE": str(self.authorization_reuse),
            "PEBBLE_ALTERNATE_ROOTS": str(self.alternate_roots),
            "PEBBLE_CHAIN_LENGTH": str(self.chain_length),
            "PEBBLE_VA_ALWAYS_VALID": str(int(self.always_valid)),
            "PEBBLE_VA_NOSLEEP": str(int(self.validation_delay == 0)),
            "PEBBLE_VA_SLEEPTIME": str(self.validation_delay + 1),  # it takes 0 to n-1 seconds
        }

    def arguments(self, ports: Ports) -> list[str]:
        """Pebble's command line."""
        return ["-config", "pebble.json", "-dnsserver", f"127.0.0.1:{ports.dns}", f"-strict={str(self.strict).lower()}"]
