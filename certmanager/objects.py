"""The objects of one kind: as last seen, and the writes. What is written is in the cache as soon as it is answered.

What every write raises is what `reconciling.errors.translated` raises. A delete of what is gone already is none.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic

from kubernetes.aio.client import ApiClient, CoreV1Api, CustomObjectsApi, V1DeleteOptions, V1Preconditions

from certmanager.apis import secret as secret_api
from certmanager.apis.secret import Secret
from reconciling.cache import Cache, Stored, T
from reconciling.errors import NotFound, translated
from reconciling.informer import Informer, Resource

TIMEOUT = 15.0  # seconds for a request
MERGE_PATCH, APPLY_PATCH = "application/merge-patch+json", "application/apply-patch+yaml"
SECRETS = Resource("", "v1", secret_api.PLURAL)

Api = Callable[[], ApiClient]


class CustomObjects(Generic[T]):
    """The objects of a kind of cert-manager's."""

    def __init__(self, api: Api, informer: Informer[T]) -> None:
        self._api = api
        self._informer = informer
        resource = informer.resource
        self._path = resource.group, resource.version
        self._plural = resource.plural

    @property
    def cache(self) -> Cache[T]:
        """The objects as last seen."""
        return self._informer.cache

    async def create(self, namespace: str, body: Mapping[str, Any], field_manager: str) -> None:
        """Create an object."""
        with translated(f"creating one of {self._plural}"):
            created = await self._objects.create_namespaced_custom_object(
                *self._path, namespace, self._plural, dict(body), field_manager=field_manager, _request_timeout=TIMEOUT
            )
        self._take_over(created)

    async def patch_status(self, seen: T, status: Mapping[str, Any]) -> None:
        """Write fields of the status, None to take one away, if the object still is as it was seen."""
        metadata = seen.metadata
        patch = {"metadata": {"resourceVersion": metadata.resource_version}, "status": dict(status)}
        more: dict[str, Any] = {"_content_type": MERGE_PATCH, "_request_timeout": TIMEOUT}
        with translated(f"writing the status of one of {self._plural}"):
            if metadata.namespace:
                written = await self._objects.patch_namespaced_custom_object_status(
                    *self._path, metadata.namespace, self._plural, metadata.name, patch, **more
                )
            else:
                written = await self._objects.patch_cluster_custom_object_status(
                    *self._path, self._plural, metadata.name, patch, **more
                )
        self._take_over(written)

    async def delete(self, seen: T) -> None:
        """Delete this object, and none of the same name that came after it."""
        metadata = seen.metadata
        try:
            with translated(f"deleting one of {self._plural}"):
                await self._objects.delete_namespaced_custom_object(
                    *self._path,
                    metadata.namespace,
                    self._plural,
                    metadata.name,
                    body=_this(seen),
                    _request_timeout=TIMEOUT,
                )
        except NotFound:
            pass
        self.cache.delete(seen)

    def _take_over(self, body: object) -> None:
        self.cache.update_written(self._informer.parse(body))  # type: ignore[arg-type] # it is a dict

    @property
    def _objects(self) -> CustomObjectsApi:
        return CustomObjectsApi(self._api())


class Secrets:
    """The Secrets."""

    def __init__(self, api: Api, informer: Informer[Secret]) -> None:
        self._api = api
        self._informer = informer

    @property
    def cache(self) -> Cache[Secret]:
        """The Secrets as last seen."""
        return self._informer.cache

    async def create(self, namespace: str, body: Mapping[str, Any]) -> None:
        """Create a Secret."""
        with translated("creating a Secret"):
            created = await self._core.create_namespaced_secret(
                namespace,
                dict(body),  # type: ignore[arg-type] # takes dicts too
                _request_timeout=TIMEOUT,
            )
        self._take_over(created)

    async def apply(self, namespace: str, body: Mapping[str, Any], field_manager: str) -> None:
        """Write the fields of `body`, and take away those that this manager has applied before: server-side apply."""
        with translated("applying a Secret"):
            applied = await self._core.patch_namespaced_secret(
                body["metadata"]["name"],
                namespace,
                dict(body),
                field_manager=field_manager,
                force=True,
                _content_type=APPLY_PATCH,
                _request_timeout=TIMEOUT,
            )
        self._take_over(applied)

    async def delete(self, seen: Secret) -> None:
        """Delete this Secret, and none of the same name that came after it."""
        try:
            with translated("deleting a Secret"):
                await self._core.delete_namespaced_secret(
                    seen.metadata.name, seen.metadata.namespace, body=_this(seen), _request_timeout=TIMEOUT
                )
        except NotFound:
            pass
        self.cache.delete(seen)

    def _take_over(self, secret: object) -> None:
        self.cache.update_written(self._informer.parse(_as_json(self._api(), secret)))

    @property
    def _core(self) -> CoreV1Api:
        return CoreV1Api(self._api())


def _this(seen: Stored) -> V1DeleteOptions:
    return V1DeleteOptions(preconditions=V1Preconditions(uid=seen.metadata.uid))


def _as_json(api: ApiClient, model: object) -> dict[str, Any]:
    return api.sanitize_for_serialization(model)  # type: ignore[no-untyped-call, no-any-return]
