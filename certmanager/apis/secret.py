"""Secret, as far as it holds a certificate and its key; what is wrong in it is found out here, once a version.

A Secret is anybody's, so nothing about its data is taken for granted.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography import x509

from certmanager.apis import metadata
from certmanager.apis.metadata import ObjectMeta
from certmanager.pki import chains, keys
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey

KIND, PLURAL = "Secret", "secrets"
TLS_CRT, TLS_KEY, CA_CRT = "tls.crt", "tls.key", "ca.crt"
KEY_DER, COMBINED_PEM = "key.der", "tls-combined.pem"
KEYSTORE_P12, TRUSTSTORE_P12 = "keystore.p12", "truststore.p12"
TYPE_TLS = "kubernetes.io/tls"


@dataclass(frozen=True)
class Secret:
    """One stored Secret. `managed_fields` is as in its metadata: which field was last applied by whom."""

    metadata: ObjectMeta
    type: str
    data: Mapping[str, bytes]
    managed_fields: tuple[Mapping[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"Secret({self.metadata.namespace}/{self.metadata.name})"  # never its data

    @cached_property
    def private_key(self) -> PrivateKey | PkiError:
        """The key in `tls.key`, or why it is none."""
        try:
            return keys.from_pem(self.data.get(TLS_KEY, b""))
        except PkiError as error:
            return error

    @cached_property
    def certificate(self) -> x509.Certificate | PkiError:
        """The first certificate in `tls.crt`, or why there is none."""
        try:
            return chains.from_pem(self.data.get(TLS_CRT, b""))[0]
        except PkiError as error:
            return error


def parse(body: Mapping[str, Any]) -> Secret:
    """Read an object of the API server."""
    return Secret(
        metadata.parse(body),
        body.get("type", ""),
        {key: base64.b64decode(value) for key, value in (body.get("data") or {}).items()},
        tuple(body["metadata"].get("managedFields", ())),
    )
