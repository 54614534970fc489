"""Deletes requests of earlier revisions, beyond spec.revisionHistoryLimit."""

from dataclasses import dataclass

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate
from certmanager.cluster import Cluster
from certmanager.controllers.certificates.gatherer import requests_of


@dataclass(frozen=True)
class RevisionManager:
    """upstream's certificates-revision-manager."""

    cluster: Cluster

    async def __call__(self, certificate: Certificate) -> None:
        """Delete the oldest, as long as the certificate is ready.

        Raises:
            Retry: it can't be deleted now.
        """
        if not conditions.is_true(certificate.status.conditions, conditions.READY):
            return
        owned = requests_of(self.cluster, certificate)
        by_revision = sorted(
            (request.revision, request.metadata.name) for request in owned if request.revision is not None
        )
        surplus = {
            name for _, name in by_revision[: max(len(by_revision) - certificate.spec.revision_history_limit, 0)]
        }
        for request in owned:
            if request.metadata.name in surplus:
                await self.cluster.requests.delete(request)
