"""Takes what came of the request: certificate and key into the Secret, or a failure into the condition Issuing."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certmanager.apis import annotations, conditions
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.secret import CA_CRT, TLS_CRT, TLS_KEY, Secret
from certmanager.apis.times import write_time
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.gatherer import (
    gather,
    is_issuing,
    next_revision,
    owns_secret,
    secret_key,
)
from certmanager.controllers.certificates.requestmanager import failed_before
from certmanager.pki import keys, requests
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey, same_public_key
from certmanager.policies import target_secret
from certmanager.policies.match import private_key_differences, request_differences
from certmanager.policies.target_secret import FIELD_MANAGER, Issued
from certmanager.recorder import Recorder
from reconciling.cache import Key
from reconciling.conditions import Condition, set_condition

_ORIGIN = (
    annotations.CERTIFICATE_NAME,
    annotations.ISSUER_NAME,
    annotations.ISSUER_KIND,
    annotations.ISSUER_GROUP,
)


@dataclass(frozen=True)
class Issuing:
    """upstream's certificates-issuing."""

    cluster: Cluster
    recorder: Recorder
    now: Now

    async def __call__(self, certificate: Certificate) -> None:
        """Complete the issuance that is under way, or else see that the Secret is as the Certificate wants it.

        Raises:
            Retry: it can't be written now.
        """
        if not is_issuing(certificate):
            await self._keep_secret(certificate)
            return
        request = gather(self.cluster, certificate).next_request
        key = self._next_key(certificate)
        if request is None or key is None or not _belongs_together(certificate, request, key):
            return  # the keymanager and the requestmanager will see to it
        final = _failure(request)
        if final is not None:
            await self._fail(certificate, final)
        elif conditions.reason(request.status.conditions, conditions.READY) == conditions.ISSUED:
            await self._issue(certificate, request, key)

    async def _issue(self, certificate: Certificate, request: CertificateRequest, key: PrivateKey) -> None:
        pem = await asyncio.to_thread(keys.to_pem, key, certificate.spec.private_key.encoding)
        issuer = request.spec.issuer_ref
        names = certificate.metadata.name, issuer.name, issuer.kind, issuer.group
        origin = dict(zip(_ORIGIN, names, strict=True))
        issued = Issued(pem, request.status.certificate, request.status.ca, origin)
        await self._apply(certificate, issued, self.cluster.secrets.cache.get(secret_key(certificate)))
        others = [one for one in certificate.status.conditions if one["type"] != conditions.ISSUING]
        status: dict[str, Any] = {
            "revision": next_revision(certificate),
            "conditions": others,
            "failedIssuanceAttempts": None,
            "lastFailureTime": None,
        }
        await self.cluster.certificates.patch_status(certificate, status)
        self.recorder.normal(certificate, "Issuing", "The certificate has been successfully issued")

    async def _fail(self, certificate: Certificate, cause: Mapping[str, Any]) -> None:
        note = f"The certificate request has failed to complete and will be retried: {cause.get('message', '')}"
        failed, now = Condition(conditions.ISSUING, False, cause["reason"], note), self.now()
        status = {
            "lastFailureTime": write_time(now),
            "failedIssuanceAttempts": (certificate.status.failed_issuance_attempts or 0) + 1,
            "conditions": set_condition(certificate.status.conditions, failed, certificate.metadata.generation, now),
        }
        await self.cluster.certificates.patch_status(certificate, status)
        self.recorder.warning(certificate, cause["reason"], note)

    async def _keep_secret(self, certificate: Certificate) -> None:
        """Put back what has been taken from the Secret or changed in it, but for what must be issued anew."""
        secret = self.cluster.secrets.cache.get(secret_key(certificate))
        if secret is None or not owns_secret(self.cluster, certificate):
            return
        if isinstance(secret.certificate, PkiError) or isinstance(secret.private_key, PkiError):
            return
        origin = {name: secret.metadata.annotations[name] for name in _ORIGIN if name in secret.metadata.annotations}
        issued = Issued(secret.data[TLS_KEY], secret.data[TLS_CRT], secret.data.get(CA_CRT, b""), origin)
        await self._apply(certificate, issued, secret)

    async def _apply(self, certificate: Certificate, issued: Issued, seen: Secret | None) -> None:
        body = target_secret.wanted(certificate.spec.secret_name, certificate.spec, issued, seen, {})
        if seen is None or not target_secret.is_as(seen, body):
            await self.cluster.secrets.apply(certificate.metadata.namespace, body, FIELD_MANAGER)

    def _next_key(self, certificate: Certificate) -> PrivateKey | None:
        name = certificate.status.next_private_key_secret_name
        secret = self.cluster.secrets.cache.get(Key(certificate.metadata.namespace, name)) if name else None
        if secret is None or isinstance(secret.private_key, PkiError):
            return None
        return secret.private_key


def _belongs_together(certificate: Certificate, request: CertificateRequest, key: PrivateKey) -> bool:
    """Whether this request, with this key, is the one that the Certificate waits for."""
    try:
        if request_differences(request, certificate.spec) or private_key_differences(key, certificate.spec):
            return False
        public_key = requests.from_pem(request.spec.request).public_key()
    except PkiError:
        return False
    return same_public_key(public_key, key.public_key()) and not failed_before(request, certificate)


def _failure(request: CertificateRequest) -> Mapping[str, Any] | None:
    """The condition that says that nothing will come of the request. Denied counts, whatever an issuer has done."""
    for type_ in (conditions.DENIED, conditions.INVALID_REQUEST):
        if conditions.is_true(request.status.conditions, type_):
            return conditions.find(request.status.conditions, type_)
    ready = conditions.find(request.status.conditions, conditions.READY)
    return ready if ready and ready.get("reason") == conditions.FAILED else None
