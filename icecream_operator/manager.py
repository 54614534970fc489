"""Puts the parts together and runs them: the connection, kopf, the work queue, the reconciler."""

import argparse
import asyncio
import logging
import random
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

import kopf
from kubernetes.aio.client import EventsV1Api

from icecream_operator import preflight, steps
from icecream_operator.client import Icecreams
from icecream_operator.icecream import GROUP, PATH, PLURAL
from icecream_operator.operation import OnEvent, Operation, Parts
from icecream_operator.reconciler import Reconciler
from reconciling import controller
from reconciling.backoff import Backoff
from reconciling.connection import Connection, CredentialsError
from reconciling.controller import Controller
from reconciling.endpoints import AddressError, health, serving
from reconciling.events import Event, EventRecorder, logger_of
from reconciling.listing import on_complete_list
from reconciling.logs import object_logger
from reconciling.metrics import Metrics
from reconciling.workqueue import WorkQueue

CONTROLLER = f"{GROUP}/icecream-operator"
WORKERS = 32  # requests in flight: with 16, statuses fell behind 16 customers who order at the same time
Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
logger = logging.getLogger(__name__)


async def run(arguments: argparse.Namespace) -> None:
    """Run until a signal, with the arguments of the command line.

    Raises:
        CredentialsError: there are none, or the API server refuses them.
        AddressError: the endpoints can't be served there.
    """
    loop = asyncio.get_running_loop()
    _end_on_signals(loop)
    queue: WorkQueue[str] = _new_queue()
    event_queue: WorkQueue[Event] = _new_queue()
    metrics = Metrics()

    def on_list(items: list[dict[str, Any]], resource_version: str) -> None:
        reconciler.on_list(items, resource_version)
        operation.on_list()

    def on_event(event_type: str | None, body: Mapping[str, Any]) -> None:
        reconciler.on_event(event_type, body)
        operation.on_event(event_type, body)

    connection = Connection.find(arguments.kubeconfig, [metrics.count_requests, on_complete_list(PATH, on_list)])
    icecreams = Icecreams(lambda: connection.api)
    events = EventRecorder(event_queue, lambda: EventsV1Api(connection.api), CONTROLLER, socket.gethostname(), _now)
    parts = Parts(
        lambda: connection.api,
        icecreams,
        events,
        lambda: reconciler.cache,
        queue,
        _new_queue,
        _now,
        metrics.registry,
    )
    operation = steps.build(arguments, parts)
    reconciler = Reconciler(queue, icecreams, events, operation.steps, _now)
    controllers: list[Controller[Any]] = [
        Controller(PLURAL, queue, reconciler.reconcile, WORKERS, _logger_of),
        Controller("events", event_queue, events.write, 1, logger_of),
        *operation.controllers,
    ]

    async def work() -> None:
        async with asyncio.TaskGroup() as group:
            for each in controllers:
                reconcile = metrics.controller(each.name, each.queue, each.reconcile)
                group.create_task(controller.run(each.queue, reconcile, each.workers, each.logger_of))

    async with (
        serving(arguments.health_probe_bind_address, health(lambda: reconciler.cache.synced and operation.ready())),
        serving(arguments.metrics_bind_address, [metrics.endpoint()]),
        connection,
    ):
        await _log_in(connection)
        logger.info("Operating on %s", connection.api.configuration.host)
        await _operate(connection, lambda: _registry(connection, work, on_event, operation))


async def _log_in(connection: Connection) -> kopf.AiohttpSession:
    """Return a session with which the API server answers.

    Raises:
        CredentialsError: there are no credentials, or the API server refuses them.
    """
    session = await connection.login()
    await preflight.wait_until_served(lambda: connection.api, Backoff(random.random, 0.5, 15), asyncio.sleep)
    return session


async def _operate(connection: Connection, new_registry: Callable[[], kopf.OperatorRegistry]) -> None:
    """Run kopf until a signal ends it.

    Where kopf gives up, say because the CRD was deleted, begin again: the next list tells all there is to know.

    Raises:
        CredentialsError: the API server refuses them by now.
        AddressError: something can't be served where it was asked to be.
    """
    while True:
        try:
            await kopf.operator(registry=new_registry(), clusterwide=True)
        except AddressError:
            raise
        except Exception as error:
            logger.warning("The watch has ended: %r. Beginning again.", error)
            logger.debug("It ended so:", exc_info=True)
            _end_on_signals(asyncio.get_running_loop())
            await asyncio.sleep(1)
            await _log_in(connection)
        else:
            return


def _end_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Have signals end this task: kopf hears them only while it runs, and then its handlers stay behind."""
    task = asyncio.current_task(loop)
    assert task
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)


def _registry(connection: Connection, work: Work, on_event: OnEvent, operation: Operation) -> kopf.OperatorRegistry:
    registry = kopf.OperatorRegistry()
    workers: list[asyncio.Task[None]] = []

    @kopf.on.startup(registry=registry)
    async def start(**_: Any) -> None:
        workers.append(asyncio.create_task(work()))

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        workers.pop().cancel()

    @kopf.on.login(registry=registry)
    async def login(**_: Any) -> kopf.AiohttpSession | None:
        try:
            return await _log_in(connection)
        except CredentialsError:
            return None  # kopf gives up, and `_operate` finds out the same

    steps.handlers(registry, on_event)
    operation.handlers(registry)
    return registry


def _new_queue(*seconds: float) -> WorkQueue[Any]:
    """Return a queue whose back-off begins and ends with these, or with its defaults."""
    return WorkQueue(Backoff(random.random, *seconds), asyncio.get_running_loop().call_later)


def _logger_of(name: str) -> logging.LoggerAdapter[Any]:
    return object_logger(logger, name)


def _now() -> datetime:
    return datetime.now(UTC)
