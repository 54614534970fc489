"""Takes the duties for one CertificateRequest in their order."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from certmanager.apis.certificate_request import CertificateRequest
from certmanager.cluster import Cluster
from reconciling.cache import Key
from reconciling.errors import NotFound, Refused
from reconciling.logs import object_logger

Duty = Callable[[CertificateRequest], Awaitable[None]]
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CertificateRequestReconciler:
    """Reconciles CertificateRequests by their keys."""

    cluster: Cluster
    duties: Sequence[Duty]

    async def reconcile(self, key: Key) -> None:
        """Take all duties, each with the request as the one before it has left it.

        Raises:
            Retry: one can't be done now; the request comes back.
        """
        for duty in self.duties:
            request = self.cluster.requests.cache.get(key)
            if request is None or request.metadata.deleting:
                return
            try:
                await duty(request)
            except NotFound:
                return  # it is gone, and the event that says so is under way
            except Refused as error:
                object_logger(logger, key.name, key.namespace).error("%s; it is left as it is", error)
                return
