"""Asks for the certificate that is being issued, by a CertificateRequest; one that asks for something else goes."""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from certmanager.apis import conditions, go_duration
from certmanager.apis.annotations import CERTIFICATE_NAME, CERTIFICATE_REVISION, PRIVATE_KEY_SECRET_NAME
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import KIND, CertificateRequest
from certmanager.apis.metadata import API_VERSION
from certmanager.apis.times import read_time
from certmanager.cluster import Cluster
from certmanager.controllers.certificates.csr import signing_request
from certmanager.controllers.certificates.gatherer import is_issuing, next_revision, requests_of
from certmanager.controllers.certificates.owner_reference import owner_reference
from certmanager.pki import requests
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey, same_public_key
from certmanager.policies.match import request_differences
from certmanager.recorder import Recorder
from reconciling.cache import Key
from reconciling.logs import object_logger

FIELD_MANAGER = "cert-manager-certificates-request-manager"
_NOT_COPIED = ("kubectl.kubernetes.io/", "fluxcd.io/", "argocd.argoproj.io/")
_LONGEST_NAME = 233  # a revision has up to 19 digits, and a name 253 characters
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RequestManager:
    """upstream's certificates-request-manager."""

    cluster: Cluster
    recorder: Recorder

    async def __call__(self, certificate: Certificate) -> None:
        """Have there be one request for the next revision, and this one right.

        Raises:
            Retry: it can't be written now.
        """
        name = certificate.status.next_private_key_secret_name
        if not is_issuing(certificate) or name is None:
            return
        secret = self.cluster.secrets.cache.get(Key(certificate.metadata.namespace, name))
        if secret is None or isinstance(secret.private_key, PkiError):
            return  # the keymanager will see to it
        revision, left = next_revision(certificate), 0
        for request in requests_of(self.cluster, certificate):
            if request.revision is None or (
                request.revision == revision and not _serves(request, certificate, secret.private_key)
            ):
                await self.cluster.requests.delete(request)
            elif request.revision == revision:
                left += 1
        if not left:
            await self._create(certificate, revision, secret.private_key, name)

    async def _create(self, certificate: Certificate, revision: int, key: PrivateKey, key_name: str) -> None:
        try:
            pem = await asyncio.to_thread(lambda: requests.to_pem(signing_request(certificate.spec, key)))
        except PkiError as error:
            log = object_logger(logger, certificate.metadata.name, certificate.metadata.namespace)
            log.error("No request can be made of its spec: %s", error)  # noqa: TRY400
            return
        body = request_body(certificate, revision, pem, key_name)
        await self.cluster.requests.create(certificate.metadata.namespace, body, FIELD_MANAGER)
        note = f'Created new CertificateRequest resource "{body["metadata"]["name"]}"'
        self.recorder.normal(certificate, "Requested", note)


def request_body(certificate: Certificate, revision: int, pem: bytes, key_name: str) -> dict[str, Any]:
    """The CertificateRequest for one revision; its name follows from both, so there is one."""
    spec, issuer = certificate.spec, certificate.spec.issuer_ref
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": f"{_shortened(certificate.metadata.name)}-{revision}",
            "annotations": {
                **_copied(certificate.metadata.annotations.items()),
                CERTIFICATE_NAME: certificate.metadata.name,
                CERTIFICATE_REVISION: str(revision),
                PRIVATE_KEY_SECRET_NAME: key_name,
            },
            "labels": dict(certificate.metadata.labels),
            "ownerReferences": [owner_reference(certificate)],
        },
        "spec": {
            **({"duration": go_duration.text(spec.duration)} if spec.duration else {}),
            "issuerRef": {"name": issuer.name, "kind": issuer.kind, "group": issuer.group},
            "request": base64.b64encode(pem).decode(),
            **({"isCA": True} if spec.is_ca else {}),
            **({"usages": list(spec.usages)} if spec.usages else {}),
        },
    }


def _serves(request: CertificateRequest, certificate: Certificate, key: PrivateKey) -> bool:
    """Whether it asks for what is wanted, with the key that is kept for it, and hasn't failed in an earlier attempt."""
    try:
        if request_differences(request, certificate.spec):
            return False
        csr = requests.from_pem(request.spec.request)
    except PkiError:
        return False
    if not same_public_key(csr.public_key(), key.public_key()):
        return False
    return not failed_before(request, certificate)


def failed_before(request: CertificateRequest, certificate: Certificate) -> bool:
    """Whether it failed before the issuance that is under way began: then it is of an earlier attempt."""
    issuing = conditions.find(certificate.status.conditions, conditions.ISSUING)
    began = read_time(issuing["lastTransitionTime"]) if issuing else None
    failed = request.status.failure_time
    has_failed = conditions.reason(request.status.conditions, conditions.READY) == conditions.FAILED
    return bool(has_failed and began and failed and failed < began)


def _copied(annotations: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: value for name, value in annotations if not name.startswith(_NOT_COPIED)}


def _shortened(name: str) -> str:
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{name[: _LONGEST_NAME - 1 - len(digest)]}-{digest}"
