from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from reconciling.errors import Conflict, Retry
from reconciling.metrics import Metrics


async def exposed(metrics: Metrics) -> set[str]:
    """The lines of /metrics."""
    application = web.Application()
    application.add_routes([metrics.endpoint()])
    async with (
        TestServer(application) as server,
        aiohttp.ClientSession() as session,
        session.get(server.make_url("/metrics")) as response,
    ):
        return set((await response.text()).splitlines())


async def test_the_depth_is_the_queues_at_the_moment_of_the_question() -> None:
    metrics, queue = Metrics(), ["a"]

    async def reconcile(_: str) -> None: ...

    metrics.controller("icecreams", queue, reconcile)
    assert 'workqueue_depth{name="icecreams"} 1.0' in await exposed(metrics)
    queue.append("b")
    assert 'workqueue_depth{name="icecreams"} 2.0' in await exposed(metrics)


@pytest.mark.parametrize(
    ("error", "result", "reason"),
    [
        (Retry("later"), "requeue_after", "Retry"),
        (Conflict("changed"), "requeue_after", "Conflict"),
        (KeyError("bug"), "error", "KeyError"),
    ],
)
async def test_a_failure_is_counted_by_its_reason_and_raised(error: Exception, result: str, reason: str) -> None:
    metrics = Metrics()

    async def reconcile(_: str) -> None:
        raise error

    with pytest.raises(type(error)):
        await metrics.controller("icecreams", [], reconcile)("a")
    assert {
        f'controller_runtime_reconcile_total{{controller="icecreams",result="{result}"}} 1.0',
        f'controller_runtime_reconcile_errors_total{{controller="icecreams",reason="{reason}"}} 1.0',
        'controller_runtime_reconcile_time_seconds_count{controller="icecreams"} 1.0',
    } <= await exposed(metrics)


async def test_a_success_is_counted_and_is_no_error() -> None:
    metrics = Metrics()

    async def reconcile(_: str) -> None: ...

    await metrics.controller("icecreams", [], reconcile)("a")
    lines = await exposed(metrics)
    assert 'controller_runtime_reconcile_total{controller="icecreams",result="success"} 1.0' in lines
    assert not [line for line in lines if line.startswith("controller_runtime_reconcile_errors_total{")]


@pytest.fixture
async def server() -> AsyncIterator[BaseTestServer]:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=409)

    application = web.Application()
    application.router.add_patch("/", refuse)
    async with TestServer(application) as server:
        yield server


async def test_requests_are_counted_by_method_and_code(server: BaseTestServer) -> None:
    metrics = Metrics()
    async with aiohttp.ClientSession(middlewares=[metrics.count_requests]) as session:
        async with session.patch(server.make_url("/")):
            pass
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("http://127.0.0.1:1")
    assert {
        'rest_client_requests_total{code="409",method="PATCH"} 1.0',
        'rest_client_requests_total{code="<error>",method="GET"} 1.0',
    } <= await exposed(metrics)
