"""Tells the user before anything else what is missing: the API server, the permission, the CRDs.

All of these can be put right while the operator waits, so it waits, and says what for. Only credentials that are
refused end it: they don't get better.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from kubernetes.aio.client import ApiClient, ApiException, CustomObjectsApi

from reconciling.connection import CredentialsError
from reconciling.errors import NotFound, Retry, explain, translated
from reconciling.httpproxy import through
from reconciling.informer import Resource

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preflight:
    """Waits until `resources` can be listed. `deploy` and `crds` tell kubectl what to apply where they can't.

    `backoff` gives the seconds to wait after so many failures.
    """

    resources: Iterable[Resource]
    deploy: str
    crds: str
    backoff: Callable[[int], float]
    sleep: Callable[[float], Awaitable[None]]

    async def wait_until_served(self, api: Callable[[], ApiClient]) -> None:
        """Return as soon as all can be listed.

        Raises:
            CredentialsError: the API server refuses the credentials.
        """
        for resource in self.resources:
            failures = 0
            while obstacle := await self._obstacle(api, resource):
                failures += 1
                seconds = self.backoff(failures)
                logger.warning("%s. Trying again in %.1f s.", self._advise(obstacle, resource), seconds)
                await self.sleep(seconds)

    @staticmethod
    async def _obstacle(api: Callable[[], ApiClient], resource: Resource) -> NotFound | Retry | None:
        try:
            server = api().configuration
            with translated(f"listing {resource.plural} at {server.host}{through(server.proxy)}"):
                await CustomObjectsApi(api()).list_cluster_custom_object(
                    resource.group, resource.version, resource.plural, limit=1
                )
        except (NotFound, Retry) as obstacle:
            return obstacle
        return None

    def _advise(self, obstacle: NotFound | Retry, resource: Resource) -> str:
        match obstacle.__cause__:
            case ApiException(status=401) as refused:
                raise CredentialsError(f"The API server refuses the credentials: {explain(refused)}")
            case ApiException(status=403):
                return f"{obstacle}. Waiting for: kubectl apply {self.deploy}"
            case ApiException(status=404):
                return f"The API server doesn't know {resource.plural}. Waiting for: kubectl apply {self.crds}"
            case _:
                return str(obstacle)
