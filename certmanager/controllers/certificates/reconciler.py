"""Takes the duties for one Certificate: first those that say how its status is to be, then those that act on it.

All that is to be said is written at once, so an issuance needs two writes of the status where upstream needs six. And
nothing is made before the status says that it will be: the API server refuses the status of a Certificate that has
changed since it was seen, so whoever is behind does nothing.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from certmanager.apis.certificate import Certificate, CertificateStatus
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.outcome import Outcome, changes
from reconciling.cache import Key
from reconciling.errors import NotFound, Refused
from reconciling.logs import object_logger
from reconciling.workqueue import WorkQueue

StatusDuty = Callable[[Certificate], Awaitable[Outcome]]
Duty = Callable[[Certificate], Awaitable[None]]
LONGEST_WAIT = 600.0  # seconds: the clock that says when a certificate expires may be set, or have slept
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CertificateReconciler:
    """Reconciles Certificates by their keys."""

    cluster: Cluster
    queue: WorkQueue[Key]
    status_duties: Sequence[StatusDuty]
    duties: Sequence[Duty]
    now: Now

    async def reconcile(self, key: Key) -> None:
        """Write the status if it isn't as it is to be, and else take the duties that act on it.

        Raises:
            Retry: something can't be done now; the Certificate comes back.
        """
        certificate = self.cluster.certificates.cache.get(key)
        if certificate is None or certificate.metadata.deleting:
            return
        try:
            wanted = await self._decide(key, certificate)
            if changed := changes(certificate.status, wanted):
                await self.cluster.certificates.patch_status(certificate, changed)
                return  # that is a change, which brings it here again
            for duty in self.duties:
                await duty(certificate)
        except NotFound:
            return  # it is gone, and the event that says so is under way
        except Refused as error:
            object_logger(logger, key.name, key.namespace).error("%s; only a change of its spec can help", error)

    async def _decide(self, key: Key, certificate: Certificate) -> CertificateStatus:
        """The status as all want it who have a say."""
        moments = []
        for duty in self.status_duties:
            outcome = await duty(certificate)
            certificate = replace(certificate, status=outcome.status)
            if outcome.again_at is not None:
                moments.append(outcome.again_at)
        if moments:
            seconds = (min(moments) - self.now()).total_seconds()
            self.queue.add_after(key, min(max(seconds, 1), LONGEST_WAIT))
        return certificate.status
