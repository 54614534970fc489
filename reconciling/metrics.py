"""Prometheus metrics, named as controller-runtime and client-go name theirs, so that their dashboards fit.

Nothing is measured inside the queue or the controller: the queue is asked for its length, a `reconcile` is wrapped, and
the requests are counted where they pass (`connection`), kopf's as well as ours.
"""

import time
from collections.abc import Awaitable, Callable, Sized

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse, web
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

from reconciling.errors import Retry
from reconciling.workqueue import K


class Metrics:
    """The metrics of one process, of all its controllers; `registry` is for those of others."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._depth = Gauge("workqueue_depth", "Keys that wait for a worker", ["name"], registry=registry)
        self._time = Histogram(
            "controller_runtime_reconcile_time_seconds", "Time of a reconcile", ["controller"], registry=registry
        )
        self._results = Counter(
            "controller_runtime_reconcile", "Reconciles by how they ended", ["controller", "result"], registry=registry
        )
        self._errors = Counter(
            "controller_runtime_reconcile_errors",
            "Reconciles that failed, by the exception that says why",
            ["controller", "reason"],
            registry=registry,
        )
        self._requests = Counter(
            "rest_client_requests",
            "Requests to the API server, by method and HTTP code",
            ["method", "code"],
            registry=registry,
        )

    def controller(
        self, name: str, queue: Sized, reconcile: Callable[[K], Awaitable[None]]
    ) -> Callable[[K], Awaitable[None]]:
        """Return a `reconcile` that does the same and is measured; the length of `queue` is a metric too."""
        self._depth.labels(name).set_function(lambda: len(queue))

        async def measured(key: K) -> None:
            began = time.perf_counter()
            result = "success"
            try:
                await reconcile(key)
            except Exception as error:
                result = "requeue_after" if isinstance(error, Retry) else "error"
                self._errors.labels(name, type(error).__name__).inc()
                raise
            finally:
                self._time.labels(name).observe(time.perf_counter() - began)
                self._results.labels(name, result).inc()

        return measured

    async def count_requests(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Count a request: a client middleware of aiohttp."""
        code = "<error>"  # client-go's word for: no answer
        try:
            response = await handler(request)
            code = str(response.status)
            return response
        finally:
            self._requests.labels(request.method, code).inc()

    def endpoint(self) -> web.RouteDef:
        """Return /metrics, in Prometheus' text format."""

        async def expose(_: web.Request) -> web.Response:
            return web.Response(body=generate_latest(self.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

        return web.get("/metrics", expose)
