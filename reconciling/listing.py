"""Notices every complete list that kopf receives.

kopf hands over the objects of a list one by one, with the event type None, and says neither when the list is complete
nor what is no longer on it. Both matter to a decision over all objects: on half a list it is wrong, and an object that
was deleted while the watch was down (410 Gone, a CRD deleted and applied again) would stay in the cache for ever.

kopf's own answer, the readiness of `@kopf.index`, covers the first list only, and takes time quadratic in the number
of objects. So the list is read where it passes: kopf sends its requests through our session (`connection`), and a
client middleware of aiohttp shows each answer to the operator. It costs no request, only a second parsing.
"""

from collections.abc import Callable
from typing import Any

from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse


def on_complete_list(path: str, on_list: Callable[[list[dict[str, Any]], str], None]) -> ClientMiddlewareType:
    """Return a middleware that calls `on_list(items, resourceVersion)` for each complete list of `path`.

    kopf asks for a list in one piece, without parameters, as long as its `chunk_size` is unset.
    """

    async def middleware(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        response = await handler(request)
        if _lists(request, path) and response.ok:
            body = await response.json()  # aiohttp keeps what it read, so kopf reads it too
            on_list(body["items"], body["metadata"]["resourceVersion"])
        return response

    return middleware


def _lists(request: ClientRequest, path: str) -> bool:
    return request.method == "GET" and request.url.path.endswith(path) and not request.url.query
