"""Takes keys from the work queue and reconciles them, a few at a time.

The convention, for both operators: `reconcile(key)` brings the world one key closer to what is wanted, and

- *returns*: that was all there is to do. It is looked at again when an event says so.
- *raises Retry*: something expected is in the way. It comes back after its back-off; a line in the log says why.
- *raises anything else*: something unexpected. It comes back all the same, and the log has the traceback.

So whatever happens, no key is lost, and none is retried in a hurry.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic

from reconciling.errors import Retry
from reconciling.workqueue import K, WorkQueue

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Controller(Generic[K]):
    """A work queue and who works on it. `name` is for metrics, `logger_of` gives a logger that names the object."""

    name: str
    queue: WorkQueue[K]
    reconcile: Callable[[K], Awaitable[None]]
    workers: int = 1
    logger_of: Callable[[K], logging.LoggerAdapter[Any]] = lambda _: logging.LoggerAdapter(_logger)


async def run(
    queue: WorkQueue[K],
    reconcile: Callable[[K], Awaitable[None]],
    workers: int,
    logger_of: Callable[[K], logging.LoggerAdapter[Any]],
) -> None:
    """Reconcile keys until cancelled.

    `workers` bounds how many requests are in flight, and with them the connections to the API server; `logger_of`
    gives the logger that names a key's object.
    """
    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(_work(queue, reconcile, logger_of))


async def _work(
    queue: WorkQueue[K],
    reconcile: Callable[[K], Awaitable[None]],
    logger_of: Callable[[K], logging.LoggerAdapter[Any]],
) -> None:
    while True:
        key = await queue.get()
        try:
            await reconcile(key)
        except Retry as obstacle:
            seconds = queue.add_rate_limited(key, at_least=obstacle.after)
            logger_of(key).info("%s; looking again in %.3g s", obstacle, seconds)
        except Exception:
            seconds = queue.add_rate_limited(key)
            logger_of(key).exception("Reconciling failed unexpectedly; looking again in %.3g s", seconds)
        else:
            queue.forget(key)
        finally:
            queue.done(key)
