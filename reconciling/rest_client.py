"""Requests to core/v1 without the class of the client for it: to import CoreV1Api alone takes 0.4 seconds.

They go through the kubernetes client all the same, so credentials and errors are those of every other request.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from kubernetes.aio.client import ApiClient
from kubernetes.aio.client.rest import RESTResponse

MERGE_PATCH = "application/merge-patch+json"
TIMEOUT = 15.0  # seconds for a request, and for what a watch may take longer than it was asked to


async def get(api: ApiClient, path: str, **parameters: str) -> Any:
    """Return the object, or the list, as JSON.

    Raises:
        ApiException: the API server answers with an error.
    """
    return await _object(api, await _send(api, "GET", path, parameters))


async def patch(api: ApiClient, path: str, body: Mapping[str, Any]) -> Any:
    """Apply a JSON merge patch, and return the object as it is then.

    Raises:
        ApiException: the API server answers with an error.
    """
    return await _object(api, await _send(api, "PATCH", path, {}, body))


async def watch(api: ApiClient, path: str, seconds: int, **parameters: str) -> AsyncGenerator[dict[str, Any]]:
    """Yield the events of a watch, each with `type` and `object`, until the API server ends it after so many seconds.

    Raises:
        ApiException: the API server answers with an error.
    """
    parameters |= {"watch": "true", "timeoutSeconds": str(seconds)}
    response = await _send(api, "GET", path, parameters, seconds=seconds + TIMEOUT)
    try:
        if response.status != 200:
            await _object(api, response)
        async for line in response.response.content:
            yield json.loads(line)
    finally:
        response.response.close()


async def _send(
    api: ApiClient,
    method: str,
    path: str,
    parameters: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
    seconds: float = TIMEOUT,
) -> RESTResponse:
    headers = {"Accept": "application/json"} | ({"Content-Type": MERGE_PATCH} if body else {})
    request = await api.param_serialize(
        method,
        path,
        query_params=list(parameters.items()),
        header_params=headers,
        body=body,
        auth_settings=["BearerToken"],
    )
    return await api.call_api(*request, _request_timeout=seconds)


async def _object(api: ApiClient, response: RESTResponse) -> Any:
    await response.read()  # type: ignore[no-untyped-call]
    return api.response_deserialize(response, {"2XX": "object"}).data
