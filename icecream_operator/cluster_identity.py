"""Which cluster this is. A cluster has no name; many tools take the uid of its namespace kube-system for one."""

import asyncio
from collections.abc import Callable

from kubernetes.aio.client import ApiClient

from reconciling import rest_client
from reconciling.errors import NotFound, Retry, translated

PATH = "/api/v1/namespaces/kube-system"


class ClusterIdentity:
    """The uid, read once: a process doesn't change clusters."""

    def __init__(self, api: Callable[[], ApiClient]) -> None:
        self._api = api
        self._uid = ""
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> str:
        """Return the uid.

        Raises:
            Retry: it can't be read now.
        """
        async with self._one_at_a_time:
            if not self._uid:
                try:
                    with translated("reading the namespace kube-system"):
                        self._uid = (await rest_client.get(self._api(), PATH))["metadata"]["uid"]
                except NotFound as error:
                    raise Retry(str(error)) from error
        return self._uid
