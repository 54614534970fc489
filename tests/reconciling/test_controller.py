"""How a reconcile may end, and what becomes of its key."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from reconciling import controller
from reconciling.errors import Retry
from reconciling.logs import object_logger
from reconciling.workqueue import WorkQueue

Reconcile = Callable[[str], Awaitable[None]]


@pytest.fixture
async def queue() -> WorkQueue[str]:
    return WorkQueue(backoff=lambda _: 0.0, call_later=asyncio.get_running_loop().call_later)


@asynccontextmanager
async def working(queue: WorkQueue[str], reconcile: Reconcile, workers: int = 2) -> AsyncIterator[None]:
    logger = logging.getLogger("test")
    task = asyncio.create_task(controller.run(queue, reconcile, workers, lambda key: object_logger(logger, key)))
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


class Failing:
    """Raises each error once, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls: list[str] = []
        self.succeeded = asyncio.Event()

    async def __call__(self, key: str) -> None:
        self.calls.append(key)
        if self.errors:
            raise self.errors.pop(0)
        self.succeeded.set()


async def test_returning_is_final(queue: WorkQueue[str]) -> None:
    reconcile = Failing()
    async with working(queue, reconcile):
        queue.add("matcha")
        await reconcile.succeeded.wait()
    assert reconcile.calls == ["matcha"]


async def test_retry_brings_the_key_back_with_a_line_in_the_log_and_no_traceback(
    queue: WorkQueue[str], caplog: pytest.LogCaptureFixture
) -> None:
    reconcile = Failing(Retry("not yet"))
    with caplog.at_level(logging.INFO):
        async with working(queue, reconcile):
            queue.add("matcha")
            await reconcile.succeeded.wait()
    assert reconcile.calls == ["matcha", "matcha"]
    assert [(record.getMessage(), record.exc_info) for record in caplog.records] == [
        ("not yet; looking again in 0 s", None)
    ]


async def test_any_other_error_brings_the_key_back_with_a_traceback(
    queue: WorkQueue[str], caplog: pytest.LogCaptureFixture
) -> None:
    reconcile = Failing(ZeroDivisionError())
    async with working(queue, reconcile):
        queue.add("matcha")
        await reconcile.succeeded.wait()
    assert reconcile.calls == ["matcha", "matcha"]
    assert caplog.records[0].exc_info is not None
    assert vars(caplog.records[0])["k8s_ref"]["name"] == "matcha"


async def test_one_key_that_fails_does_not_stop_the_others(queue: WorkQueue[str]) -> None:
    others = asyncio.Event()

    async def reconcile(key: str) -> None:
        if key == "bad":
            raise Retry("never")
        others.set()

    async with working(queue, reconcile, workers=1):
        queue.add("bad")
        queue.add("good")
        await others.wait()
