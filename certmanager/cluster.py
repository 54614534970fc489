"""What the controllers see of the cluster, by which keys they find it, and whom a change concerns.

The caches are kept by the informers. `Queues` says which keys to look at again when something has changed: whatever a
decision reads must lead back to it.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from certmanager.apis import annotations, certificate, certificate_request, issuer, secret
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.issuer import CAIssuer, Issuer
from certmanager.apis.metadata import GROUP, VERSION
from certmanager.apis.references import IssuerReference
from certmanager.apis.secret import Secret
from certmanager.objects import SECRETS, Api, CustomObjects, Secrets
from reconciling.cache import Cache, Key, key_of
from reconciling.informer import Informer, Resource
from reconciling.workqueue import WorkQueue

BY_SECRET, BY_PASSWORD, BY_UID = "secret", "password", "uid"  # indexes of Certificates, and of issuers the first
BY_CONTROLLER, BY_ISSUER, BY_PRIVATE_KEY = (
    "controller",
    "issuer",
    "private-key",
)  # of requests, and of Secrets the first
KindAndKey = tuple[str, Key]
Now = Callable[[], datetime.datetime]


@dataclass(frozen=True)
class Queues:
    """The keys to look at: Certificates, CertificateRequests, and issuers with their kind."""

    certificates: WorkQueue[Key]
    requests: WorkQueue[Key]
    issuers: WorkQueue[KindAndKey]


class Cluster:
    """All objects that matter, those of one namespace if one is given.

    `cluster_resource_namespace` is where ClusterIssuers have their Secrets.
    """

    def __init__(self, api: Api, queues: Queues, cluster_resource_namespace: str, namespace: str | None = None) -> None:
        self._queues = queues
        self._cluster_resource_namespace = cluster_resource_namespace
        certificates: Informer[Certificate] = Informer(
            Resource(GROUP, VERSION, certificate.PLURAL),
            certificate.parse,
            Cache[Certificate](
                self._on_certificate, {BY_SECRET: _secret_of, BY_PASSWORD: _password_of, BY_UID: _uid_of}
            ),
            namespace,
        )
        requests: Informer[CertificateRequest] = Informer(
            Resource(GROUP, VERSION, certificate_request.PLURAL),
            certificate_request.parse,
            Cache[CertificateRequest](
                self._on_request,
                {BY_CONTROLLER: _controller_of, BY_ISSUER: _issuer_of, BY_PRIVATE_KEY: _private_key_of},
            ),
            namespace,
        )
        secrets: Informer[Secret] = Informer(
            SECRETS, secret.parse, Cache[Secret](self._on_secret, {BY_CONTROLLER: _controller_of}), namespace
        )
        issuers: dict[str, Informer[Issuer]] = {
            kind: Informer(
                Resource(GROUP, VERSION, plural),
                issuer.parse,
                Cache[Issuer](self._on_issuer, {BY_SECRET: self._ca_secret_of}),
                namespace if kind == issuer.NAMESPACED else None,
            )
            for kind, plural in issuer.KINDS.items()
        }
        self.certificates = CustomObjects(api, certificates)
        self.requests = CustomObjects(api, requests)
        self.secrets = Secrets(api, secrets)
        self.issuers = {kind: CustomObjects(api, informer) for kind, informer in issuers.items()}
        self.informers: list[Informer[Any]] = [certificates, requests, secrets, *issuers.values()]

    def issuer_of(self, request: CertificateRequest) -> Issuer | None:
        """The issuer that a request names."""
        kind, key = issuer_key(request.spec.issuer_ref, request.metadata.namespace)
        return self.issuers[kind].cache.get(key) if kind in self.issuers else None

    def resource_namespace(self, of: Issuer) -> str:
        """Where an issuer has its Secrets."""
        return of.metadata.namespace or self._cluster_resource_namespace

    def _ca_secret_of(self, one: Issuer) -> list[Key]:
        return [Key(self.resource_namespace(one), one.config.secret_name)] if isinstance(one.config, CAIssuer) else []

    def _on_certificate(self, old: Certificate | None, new: Certificate | None) -> None:
        for one in filter(None, (old, new)):
            self._queues.certificates.add(key_of(one))
            if old is None or new is None or old.spec.secret_name != new.spec.secret_name:
                self._enqueue_certificates_of(Key(one.metadata.namespace, one.spec.secret_name))

    def _on_request(self, old: CertificateRequest | None, new: CertificateRequest | None) -> None:
        one = new or old
        assert one
        self._queues.requests.add(key_of(one))
        self._enqueue_owner(one.metadata.controller)

    def _on_secret(self, old: Secret | None, new: Secret | None) -> None:
        one = new or old
        assert one
        key = key_of(one)
        self._enqueue_certificates_of(key)
        self._enqueue_owner(one.metadata.controller)
        for request in self.requests.cache.by_index(BY_PRIVATE_KEY, key):
            self._queues.requests.add(key_of(request))
        for kind, issuers in self.issuers.items():
            for found in issuers.cache.by_index(BY_SECRET, key):
                self._queues.issuers.add((kind, key_of(found)))
                self._enqueue_requests_to(found)

    def _on_issuer(self, old: Issuer | None, new: Issuer | None) -> None:
        one = new or old
        assert one
        self._queues.issuers.add((one.kind, key_of(one)))
        self._enqueue_requests_to(one)

    def _enqueue_certificates_of(self, secret_key: Key) -> None:
        for index in (BY_SECRET, BY_PASSWORD):
            for one in self.certificates.cache.by_index(index, secret_key):
                self._queues.certificates.add(key_of(one))

    def _enqueue_owner(self, uid: str) -> None:
        for owner in self.certificates.cache.by_index(BY_UID, uid):
            self._queues.certificates.add(key_of(owner))

    def _enqueue_requests_to(self, one: Issuer) -> None:
        for request in self.requests.cache.by_index(BY_ISSUER, (one.kind, key_of(one))):
            self._queues.requests.add(key_of(request))


def issuer_key(reference: IssuerReference, namespace: str) -> KindAndKey:
    """Which issuer a reference in `namespace` names."""
    return reference.kind, Key(namespace if reference.kind == issuer.NAMESPACED else "", reference.name)


def _secret_of(one: Certificate) -> list[Key]:
    return [Key(one.metadata.namespace, one.spec.secret_name)]


def _password_of(one: Certificate) -> list[Key]:
    reference = one.spec.pkcs12 and one.spec.pkcs12.password_secret_ref
    return [Key(one.metadata.namespace, reference.name)] if reference else []


def _uid_of(one: Certificate) -> list[str]:
    return [one.metadata.uid]


def _controller_of(one: CertificateRequest | Secret) -> list[str]:
    return [one.metadata.controller]


def _issuer_of(one: CertificateRequest) -> list[KindAndKey]:
    return [issuer_key(one.spec.issuer_ref, one.metadata.namespace)]


def _private_key_of(one: CertificateRequest) -> list[Key]:
    name = one.metadata.annotations.get(annotations.PRIVATE_KEY_SECRET_NAME)
    return [Key(one.metadata.namespace, name)] if name else []
