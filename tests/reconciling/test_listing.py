"""The middleware that notices lists, with a real HTTP server."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from reconciling.listing import on_complete_list

PATH = "/apis/demo.lva.io/v1/icecreams"
ITEMS = [{"metadata": {"name": "toomuch"}}]


@pytest.fixture
async def server() -> AsyncIterator[BaseTestServer]:
    async def answer(request: web.Request) -> web.Response:
        body = {"items": ITEMS, "metadata": {"resourceVersion": "7"}}
        return web.json_response(body, status=int(request.headers.get("Answer-With", "200")))

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as started:
        yield started


@pytest.mark.parametrize("prefix", ["", "/k8s/clusters/c-1"])
async def test_a_complete_list_is_shown_and_still_there_for_who_asked(server: BaseTestServer, prefix: str) -> None:
    seen: list[tuple[Any, str]] = []
    middleware = on_complete_list(PATH, lambda items, version: seen.append((items, version)))
    async with (
        aiohttp.ClientSession(middlewares=[middleware]) as session,
        session.get(server.make_url(prefix + PATH)) as response,
    ):
        assert (await response.json())["items"] == ITEMS
    assert seen == [(ITEMS, "7")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", PATH + "/toomuch", 200),
        ("GET", PATH + "?watch=true", 200),
        ("GET", PATH + "?limit=1", 200),
        ("GET", "/apis/demo.lva.io/v1/cakes", 200),
        ("DELETE", PATH, 200),
        ("GET", PATH, 500),
    ],
)
async def test_what_is_not_a_complete_list_is_not_shown(
    server: BaseTestServer, method: str, path: str, status: int
) -> None:
    middleware = on_complete_list(PATH, lambda *_: pytest.fail("it is not a complete list"))
    async with (
        aiohttp.ClientSession(middlewares=[middleware], headers={"Answer-With": str(status)}) as session,
        session.request(method, server.make_url(path)) as response,
    ):
        assert response.status == status
