"""The operator's requests about icecreams, and the Events about them.

They are the kubernetes client's calls: they cost about 0.1 ms of CPU more per request than bare aiohttp, and bring what
nobody wants to write again (paths, content types, errors).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kubernetes.aio.client import ApiClient, CustomObjectsApi, V1DeleteOptions, V1Preconditions

from icecream_operator.icecream import API_VERSION, GROUP, KIND, PLURAL, VERSION, Icecream, parse
from reconciling.errors import translated
from reconciling.events import Regarding

TIMEOUT = 15.0  # seconds for a request
MERGE_PATCH = "application/merge-patch+json"


class Icecreams:
    """Reads and writes icecreams. What every method raises is what `reconciling.errors.translated` raises."""

    def __init__(self, api: Callable[[], ApiClient]) -> None:
        self._api = api

    async def read(self, name: str) -> Icecream:
        """Return the icecream as it is now: not from a cache, not even the API server's."""
        with translated("reading the icecream"):
            body = await self._objects.get_cluster_custom_object(*self._path(name), _request_timeout=TIMEOUT)
        return parse(body)  # type: ignore[arg-type]

    async def list(self) -> list[Icecream]:
        """Return all icecreams as they are now."""
        with translated("listing the icecreams"):
            body = await self._objects.list_cluster_custom_object(GROUP, VERSION, PLURAL, _request_timeout=TIMEOUT)
        return [parse(item) for item in body["items"]]  # type: ignore[index]

    async def delete(self, icecream: Icecream) -> None:
        """Delete exactly what was seen: not one of the same name, and not if it was changed since."""
        preconditions = V1Preconditions(uid=icecream.uid, resource_version=str(icecream.resource_version))
        with translated("deleting the icecream"):
            await self._objects.delete_cluster_custom_object(
                *self._path(icecream.name), body=V1DeleteOptions(preconditions=preconditions), _request_timeout=TIMEOUT
            )

    async def patch_status(self, name: str, patch: Mapping[str, Any]) -> Icecream:
        """Apply a JSON merge patch to the status subresource, and return the icecream as it is then."""
        with translated("writing the status"):
            body = await self._objects.patch_cluster_custom_object_status(
                *self._path(name), body=dict(patch), _content_type=MERGE_PATCH, _request_timeout=TIMEOUT
            )
        return parse(body)  # type: ignore[arg-type]

    async def patch_finalizers(self, icecream: Icecream, finalizers: Sequence[str]) -> Icecream:
        """Replace the list of finalizers if the icecream still is as it was seen, and return it as it is then."""
        metadata = {"resourceVersion": str(icecream.resource_version), "finalizers": list(finalizers)}
        with translated("writing the finalizers"):
            body = await self._objects.patch_cluster_custom_object(
                *self._path(icecream.name),
                body={"metadata": metadata},
                _content_type=MERGE_PATCH,
                _request_timeout=TIMEOUT,
            )
        return parse(body)  # type: ignore[arg-type]

    @property
    def _objects(self) -> CustomObjectsApi:
        return CustomObjectsApi(self._api())

    @staticmethod
    def _path(name: str) -> tuple[str, str, str, str]:
        return GROUP, VERSION, PLURAL, name


def regarding(icecream: Icecream) -> Regarding:
    """Return the icecream as an Event names it."""
    return Regarding(API_VERSION, KIND, icecream.name, icecream.uid)
