"""Which cluster this is. A cluster has no name; many tools take the uid of its namespace kube-system for one."""

import asyncio
from collections.abc import Callable

from kubernetes.aio.client import ApiClient, CoreV1Api

from reconciling.errors import NotFound, Retry, translated

TIMEOUT = 15.0  # seconds for the request


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
                self._uid = await self._read()
        return self._uid

    async def _read(self) -> str:
        try:
            with translated("reading the namespace kube-system"):
                namespace = await CoreV1Api(self._api()).read_namespace("kube-system", _request_timeout=TIMEOUT)
        except NotFound as error:
            raise Retry(str(error)) from error
        assert namespace.metadata
        assert namespace.metadata.uid
        return namespace.metadata.uid
