"""Takes the duties for one Certificate in their order, and comes back when time alone changes something."""

import datetime
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from certmanager.apis.certificate import Certificate
from certmanager.cluster import Cluster, Now
from reconciling.cache import Key
from reconciling.errors import NotFound, Refused
from reconciling.logs import object_logger
from reconciling.workqueue import WorkQueue

Duty = Callable[[Certificate], Awaitable[datetime.datetime | None]]
logger = logging.getLogger(__name__)
LONGEST_WAIT = 600.0  # seconds: the clock that says when a certificate expires may be set, or have slept


@dataclass(frozen=True)
class CertificateReconciler:
    """Reconciles Certificates by their keys."""

    cluster: Cluster
    queue: WorkQueue[Key]
    duties: Sequence[Duty]
    now: Now

    async def reconcile(self, key: Key) -> None:
        """Take all duties, each with the Certificate as the one before it has left it.

        Raises:
            Retry: one can't be done now; the Certificate comes back.
        """
        moments: list[datetime.datetime] = []
        for duty in self.duties:
            certificate = self.cluster.certificates.cache.get(key)
            if certificate is None or certificate.metadata.deleting:
                return
            try:
                moment = await duty(certificate)
            except NotFound:
                return  # it is gone, and the event that says so is under way
            except Refused as error:
                object_logger(logger, key.name, key.namespace).error("%s; only a change of its spec can help", error)
                return
            if moment is not None:
                moments.append(moment)
        if moments:
            seconds = (min(moments) - self.now()).total_seconds()
            self.queue.add_after(key, min(max(seconds, 1), LONGEST_WAIT))
