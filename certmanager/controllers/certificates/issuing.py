"""Takes what came of the request: certificate and key into the Secret, or a failure into the condition Issuing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate, CertificateStatus
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.gatherer import gather, is_issuing, next_revision
from certmanager.controllers.certificates.outcome import Outcome
from certmanager.controllers.certificates.requestmanager import failed_before
from certmanager.controllers.certificates.secretsmanager import SecretsManager
from certmanager.pki import requests
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey, same_public_key
from certmanager.policies.match import private_key_differences, request_differences
from certmanager.recorder import Recorder
from reconciling.cache import Key
from reconciling.conditions import Condition, set_condition


@dataclass(frozen=True)
class Issuing:
    """upstream's certificates-issuing."""

    cluster: Cluster
    secrets: SecretsManager
    recorder: Recorder
    now: Now

    async def __call__(self, certificate: Certificate) -> Outcome:
        """Complete the issuance that is under way, or else see that the Secret is as the Certificate wants it.

        Raises:
            Retry: it can't be written now.
        """
        status = certificate.status
        if not is_issuing(certificate):
            await self.secrets.keep(certificate)
            return Outcome(status)
        request = gather(self.cluster, certificate).next_request
        key = self._next_key(certificate)
        if request is None or key is None or not _belongs_together(certificate, request, key):
            return Outcome(status)  # the keymanager and the requestmanager will see to it
        failure = _failure(request)
        if failure is not None:
            return Outcome(self._failed(certificate, failure))
        if conditions.reason(request.status.conditions, conditions.READY) == conditions.ISSUED:
            await self.secrets.issue(certificate, request, key)
            return Outcome(self._succeeded(certificate))
        return Outcome(status)

    def _succeeded(self, certificate: Certificate) -> CertificateStatus:
        self.recorder.normal(certificate, "Issuing", "The certificate has been successfully issued")
        status = certificate.status
        return replace(
            status,
            revision=next_revision(certificate),
            conditions=[one for one in status.conditions if one["type"] != conditions.ISSUING],
            failed_issuance_attempts=None,
            last_failure_time=None,
        )

    def _failed(self, certificate: Certificate, cause: Mapping[str, Any]) -> CertificateStatus:
        note = f"The certificate request has failed to complete and will be retried: {cause.get('message', '')}"
        self.recorder.warning(certificate, cause["reason"], note)
        failed, now = Condition(conditions.ISSUING, False, cause["reason"], note), self.now().replace(microsecond=0)
        status = certificate.status
        return replace(
            status,
            last_failure_time=now,
            failed_issuance_attempts=(status.failed_issuance_attempts or 0) + 1,
            conditions=set_condition(status.conditions, failed, certificate.metadata.generation, now),
        )

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
