"""Runs an operator until a signal: kopf for the watches, a task for the workers (controller-runtime's Manager).

Where kopf gives up, say because a CRD was deleted, it begins again: the next list tells all there is to know.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import kopf

from reconciling import controller, kopf_settings
from reconciling.connection import CredentialsError
from reconciling.controller import Controller
from reconciling.informer import Informer
from reconciling.kopf_internals import is_stopping_watches
from reconciling.metrics import Metrics

logger = logging.getLogger(__name__)


class WatchEndedError(Exception):
    """One of kopf's watches has ended, say because a CRD was deleted."""


@dataclass(frozen=True)
class Manager:
    """What runs. `log_in` returns a session with which the API server answers; kopf asks for another when it doesn't.

    `namespace` is where alone to look, if not everywhere; cluster-scoped objects are watched all the same.
    """

    log_in: Callable[[], Awaitable[kopf.AiohttpSession]]
    informers: Sequence[Informer[Any]]
    controllers: Sequence[Controller[Any]]
    metrics: Metrics
    namespace: str | None = None

    @property
    def synced(self) -> bool:
        """Whether each kind has been listed completely."""
        return all(informer.synced.is_set() for informer in self.informers)

    async def run(self) -> None:
        """Run until a signal.

        Raises:
            CredentialsError: there are none, or the API server refuses them.
        """
        loop = asyncio.get_running_loop()
        end_on_signals(loop)
        while True:
            try:
                await self._watch()
            except Exception as error:
                logger.warning("The watch has ended: %r. Beginning again.", error)
                logger.debug("It ended so:", exc_info=True)
                end_on_signals(loop)
                await asyncio.sleep(1)
                await self.log_in()
            else:
                return

    async def _watch(self) -> None:
        """Run kopf until it ends, or until one of its watches has: then it may wait for the others for ever.

        Raises:
            WatchEndedError: one has.
        """
        where: dict[str, Any] = {"namespaces": [self.namespace]} if self.namespace else {"clusterwide": True}
        kopfs = asyncio.create_task(kopf.operator(registry=self._registry(), **where))
        try:
            while not kopfs.done():
                await asyncio.wait({kopfs}, timeout=1)
                if is_stopping_watches():
                    raise WatchEndedError("one of the watches has")
            await kopfs
        finally:
            kopfs.cancel()
            await asyncio.wait({kopfs})

    def _registry(self) -> kopf.OperatorRegistry:
        registry = kopf.OperatorRegistry()
        workers: list[asyncio.Task[None]] = []
        kopf_settings.register(registry)

        @kopf.on.startup(registry=registry)
        async def start(**_: Any) -> None:
            workers.append(asyncio.create_task(self._work()))

        @kopf.on.cleanup(registry=registry)
        async def stop(**_: Any) -> None:
            workers.pop().cancel()

        @kopf.on.login(registry=registry)
        async def login(**_: Any) -> kopf.AiohttpSession | None:
            try:
                return await self.log_in()
            except CredentialsError:
                return None  # kopf gives up, and `run` finds out the same

        for informer in self.informers:
            informer.register(registry)
        return registry

    async def _work(self) -> None:
        """Begin when all is known: a Secret that hasn't been listed yet would be taken for one that isn't there."""
        for informer in self.informers:
            await informer.synced.wait()
        async with asyncio.TaskGroup() as group:
            for each in self.controllers:
                group.create_task(self._work_for(each))

    def _work_for(self, one: Controller[Any]) -> Coroutine[Any, Any, None]:
        reconcile = self.metrics.controller(one.name, one.queue, one.reconcile)
        return controller.run(one.queue, reconcile, one.workers, one.logger_of)


def end_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Have signals end this task: kopf hears them only while it runs, and then its handlers stay behind."""
    task = asyncio.current_task(loop)
    assert task
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
