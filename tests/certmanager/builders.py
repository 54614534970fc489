"""Objects as the API server has them, each with what matters to a test, and their plain values."""

import base64
import datetime
from collections.abc import Mapping
from typing import Any

from certmanager.apis import annotations, certificate, certificate_request, secret
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.secret import Secret
from certmanager.issuers import selfsigned
from certmanager.pki import keys, requests
from certmanager.pki.certificates import Validity
from certmanager.pki.keys import PrivateKey
from certmanager.pki.names import AltNames, Subject
from certmanager.pki.templates import Grant

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
KEY = keys.generate()
SPEC = {
    "secretName": "tls",
    "issuerRef": {"name": "issuer"},
    "dnsNames": ["a.test"],
    "privateKey": {"algorithm": "ECDSA"},
}
OF_CERTIFICATE = {
    annotations.CERTIFICATE_NAME: "cert",
    annotations.ISSUER_NAME: "issuer",
    annotations.ISSUER_KIND: "Issuer",
    annotations.ISSUER_GROUP: "cert-manager.io",
}


def meta(name: str, **more: object) -> dict[str, Any]:
    return {
        "namespace": "default",
        "name": name,
        "uid": f"uid-of-{name}",
        "resourceVersion": "1",
        "creationTimestamp": "2026-11-25T12:00:00Z",
        **more,
    }


def a_certificate(
    name: str = "cert", status: Mapping[str, Any] | None = None, created: str = "2026-11-25T12:00:00Z", **spec: object
) -> Certificate:
    metadata = meta(name, creationTimestamp=created)
    return certificate.parse({"metadata": metadata, "spec": SPEC | spec, "status": status or {}})


def a_request(
    key: PrivateKey = KEY, names: AltNames | None = None, subject: Subject | None = None, **spec: object
) -> CertificateRequest:
    """What `a_certificate` would ask for, unless something else is said."""
    csr = requests.create(key, names or AltNames(frozenset({"a.test"})), subject or Subject())
    body = {"issuerRef": {"name": "issuer"}, "request": base64.b64encode(requests.to_pem(csr)).decode()} | spec
    return certificate_request.parse({"metadata": meta("cert-1"), "spec": body})


def signed(key: PrivateKey = KEY, names: AltNames | None = None, days: float = 90, subject: str = "") -> bytes:
    """A certificate for a.test that is valid from now on, unless something else is said."""
    csr = requests.create(key, names or AltNames(frozenset({"a.test"})), Subject(subject))
    return selfsigned.issue(requests.to_pem(csr), key, Grant(Validity(NOW, NOW + days * DAY)), 1).certificate


def a_secret(
    data: Mapping[str, bytes] | None = None, noted: Mapping[str, str] = OF_CERTIFICATE, **fields: bytes
) -> Secret:
    """The Secret that belongs to `a_certificate` when all is well, unless something else is said."""
    all_data = {"tls.key": keys.to_pem(KEY), "tls.crt": signed()} if data is None else dict(data)
    encoded = {name: base64.b64encode(value).decode() for name, value in (all_data | fields).items()}
    return secret.parse(
        {"metadata": meta("tls", annotations=dict(noted)), "type": "kubernetes.io/tls", "data": encoded}
    )
