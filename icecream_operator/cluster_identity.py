"""Which cluster this is. A cluster has no name; many tools take the uid of its namespace kube-system for one."""

import asyncio
from collections.abc import Callable
from typing import Any

from kubernetes.aio.client import ApiClient

from reconciling.errors import NotFound, Retry, translated

PATH = "/api/v1/namespaces/kube-system"
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
                try:
                    with translated("reading the namespace kube-system"):
                        self._uid = await self._read()
                except NotFound as error:
                    raise Retry(str(error)) from error
        return self._uid

    async def _read(self) -> str:
        """Send the request ourselves: to import CoreV1Api alone takes a second."""
        api = self._api()
        request = await api.param_serialize(
            "GET", PATH, header_params={"Accept": "application/json"}, auth_settings=["BearerToken"]
        )
        response: Any = await api.call_api(*request, _request_timeout=TIMEOUT)
        await response.read()
        namespace: Any = api.response_deserialize(response, {"200": "object"}).data
        uid: str = namespace["metadata"]["uid"]
        return uid
