"""Tells the user before anything else what is missing: the API server, the permission, the CRD.

All of these can be put right while the operator waits, so it waits, and says what for. Only credentials that are
refused end it: they don't get better.
"""

import logging
from collections.abc import Awaitable, Callable

from kubernetes.aio.client import ApiClient, ApiException, CustomObjectsApi

from icecream_operator.icecream import GROUP, PLURAL, VERSION
from reconciling.connection import CredentialsError
from reconciling.errors import NotFound, Retry, explain, translated
from reconciling.httpproxy import through

logger = logging.getLogger(__name__)


async def wait_until_served(
    api: Callable[[], ApiClient], backoff: Callable[[int], float], sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Return as soon as the icecreams can be listed.

    `backoff` gives the seconds to wait after so many failures.

    Raises:
        CredentialsError: the API server refuses the credentials.
    """
    failures = 0
    while True:
        try:
            server = api().configuration
            with translated(f"listing icecreams at {server.host}{through(server.proxy)}"):
                await CustomObjectsApi(api()).list_cluster_custom_object(GROUP, VERSION, PLURAL, limit=1)
        except (NotFound, Retry) as obstacle:
            failures += 1
            seconds = backoff(failures)
            logger.warning("%s. Trying again in %.1f s.", _advise(obstacle), seconds)
            await sleep(seconds)
        else:
            return


def _advise(obstacle: NotFound | Retry) -> str:
    match obstacle.__cause__:
        case ApiException(status=401) as refused:
            raise CredentialsError(f"The API server refuses the credentials: {explain(refused)}")
        case ApiException(status=403):
            return f"{obstacle}. Waiting for: kubectl apply -k deploy/operator"
        case ApiException(status=404):
            return "The API server doesn't know icecreams. Waiting for: kubectl apply -f deploy/crds"
        case _:
            return str(obstacle)
