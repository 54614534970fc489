"""A cache of one kind that kopf's watch keeps fresh (client-go's SharedIndexInformer).

kopf lists and watches; its events come one by one, and `listing` says what a complete list is. What an operator does
with a change is its own business: the cache tells it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

import kopf
from aiohttp import ClientMiddlewareType

from reconciling.cache import Cache, T
from reconciling.listing import on_complete_list

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Resource:
    """A kind as the API server serves it; `group` is empty for the core's."""

    group: str
    version: str
    plural: str

    def path(self, namespace: str | None = None) -> str:
        """The path of all its objects, or of those in one namespace."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"


@dataclass(frozen=True)
class Informer(Generic[T]):
    """Keeps `cache` as `resource` is. `namespace` is where alone to look, if not everywhere.

    `synced` is set by the first complete list.

    `parse` reads an object. One for which it raises ValueError is as if it weren't there, and the log says why: a
    single object that can't be read mustn't hold up all others.
    """

    resource: Resource
    parse: Callable[[Mapping[str, Any]], T]
    cache: Cache[T]
    namespace: str | None = None
    synced: asyncio.Event = field(default_factory=asyncio.Event)

    def middleware(self) -> ClientMiddlewareType:
        """What reads complete lists where they pass, for the connection."""
        return on_complete_list(self.resource.path(self.namespace), self._on_list)

    def register(self, registry: kopf.OperatorRegistry) -> None:
        """Have kopf watch, and hand over each event."""

        @kopf.on.event(
            self.resource.group, self.resource.version, self.resource.plural, registry=registry, id=self.resource.plural
        )
        async def handle(event: kopf.RawEvent, **_: Any) -> None:
            self._on_event(event["type"], event["object"])

    def _on_list(self, bodies: list[dict[str, Any]], resource_version: str) -> None:
        readable = (self._read(body) for body in bodies)
        self.cache.replace((stored for stored in readable if stored is not None), int(resource_version))
        self.synced.set()
        logger.info("The cache of %s is synced: %d", self.resource.plural, len(self.cache))

    def _on_event(self, event_type: str | None, body: Mapping[str, Any]) -> None:
        """Take in an event. Before the first complete list nothing is, and nothing is lost: the list says it all."""
        if not self.cache.synced:
            return
        stored = self._read(body)
        if stored is None:
            return
        if event_type == "DELETED":
            self.cache.delete(stored)
        else:
            self.cache.update(stored)

    def _read(self, body: Mapping[str, Any]) -> T | None:
        try:
            return self.parse(body)
        except ValueError as error:
            metadata = body["metadata"]
            name = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
            logger.error("%s %s can't be read, and is left alone: %s", self.resource.plural, name, error)  # noqa: TRY400
            return None
