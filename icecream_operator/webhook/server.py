"""The HTTPS server that the API server asks: what kopf's `settings.admission.server` takes.

Why it isn't kopf's own `WebhookServer`, though that takes a context too: it refuses bodies of more than 1 MiB, while a
review holds an object twice, and an object may have 1.5 MiB; it shares its port with any other process that wants it
(SO_REUSEPORT), so an operator that was forgotten answers every other review; it lets a client keep a handshake or a
body open for minutes; a path that no handler has gets the answer "allowed"; and a review without a `request` ends in a
traceback. So reviews are read here, with limits, and handed on to kopf. What is admitted isn't decided here.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any

import kopf
from aiohttp import web
from aiohttp.http import HttpProcessingError

from icecream_operator.webhook.cert_watcher import CertWatcher
from icecream_operator.webhook.shutdown import NO_MORE_ANSWERS, Shutdown
from reconciling.endpoints import Address, AddressError
from reconciling.kopf_internals import UnanswerableReviewError

BODY_LIMIT = 7 << 20  # bytes, controller-runtime's: the API server takes objects of 3 MiB, and sends the old one too
HANDSHAKE_LIMIT = 10.0  # seconds: the API server waits for no webhook longer than 30, and for ours 5
BODY_TIME_LIMIT = 10.0  # seconds
IDLE_LIMIT = 120.0  # seconds; API servers close idle connections after 90, and nothing is lost if they come first
GRACE = 10.0  # seconds for requests in flight when the operator ends
logger = logging.getLogger(__name__)
_http_logger = logging.getLogger(f"{__name__}.http")  # aiohttp's errors


class ReviewError(Exception):
    """What came isn't an AdmissionReview. The message says what is wrong with it."""


class WebhookServer:
    """Serves the admission handlers with these ids, each at the path `/<id>`, as soon as there is a certificate."""

    def __init__(self, at: Address, cert_watcher: CertWatcher, handler_ids: Collection[str]) -> None:
        self._at = at
        self._cert_watcher = cert_watcher
        self._handler_ids = handler_ids

    async def __call__(self, review: kopf.WebhookFn) -> AsyncIterator[kopf.WebhookClientConfig]:
        """Serve until cancelled; requests in flight are answered then.

        Raises:
            AddressError: nobody can listen there.
        """
        await self._cert_watcher.wait_until_loaded()
        routes = [web.post(f"/{handler_id}", _endpoint(review, handler_id)) for handler_id in self._handler_ids]
        async with _serving(self._at, self._cert_watcher, routes):
            yield kopf.WebhookClientConfig()  # the configuration is a manifest; kopf has nothing to write there
            await self._cert_watcher.run()


@contextlib.asynccontextmanager
async def _serving(at: Address, cert_watcher: CertWatcher, routes: list[web.RouteDef]) -> AsyncIterator[None]:
    shutdown = Shutdown()
    application = web.Application(client_max_size=BODY_LIMIT, middlewares=[shutdown.middleware])
    application.add_routes(routes)
    runner = web.AppRunner(
        application,
        access_log=None,
        keepalive_timeout=IDLE_LIMIT,
        shutdown_timeout=NO_MORE_ANSWERS,
        logger=_http_logger,
    )
    await runner.setup()
    assert runner.server
    try:
        listener = await asyncio.get_running_loop().create_server(
            runner.server,
            at.host or None,
            at.port,
            ssl=cert_watcher.context,
            ssl_handshake_timeout=HANDSHAKE_LIMIT,
        )
    except OSError as error:
        await runner.cleanup()
        raise AddressError(f"{at.host}:{at.port} can't be listened on: {error.strerror}") from error
    host, port = listener.sockets[0].getsockname()[:2]
    logger.info("Serving %s on https://%s:%d", ", ".join(route.path for route in routes), host, port)
    try:
        yield
    finally:
        await shutdown.end(listener, runner, GRACE)


def _endpoint(review: kopf.WebhookFn, handler_id: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return web.json_response(await review(parse(await _body(request)), webhook=handler_id))
        except (ReviewError, UnanswerableReviewError) as error:
            return web.Response(status=HTTPStatus.BAD_REQUEST, text=f"{error}\n")

    return answer


async def _body(request: web.Request) -> bytes:
    """Return the body, if it is JSON, not too large, and comes in time."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(text=f"application/json is wanted, not {request.content_type}\n")
    try:
        async with asyncio.timeout(BODY_TIME_LIMIT):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"no whole body within {BODY_TIME_LIMIT:g} seconds\n") from None


def parse(body: bytes) -> Any:
    """Return an AdmissionReview (admission.k8s.io/v1) that has what kopf looks for.

    Raises:
        ReviewError: it is none.
    """
    try:
        review = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ReviewError(f"not JSON: {error}") from error
    request = _mapping(review, "the body").get("request")
    request = _mapping(request, "request")
    _mapping(request.get("resource"), "request.resource")
    _mapping(request.get("userInfo"), "request.userInfo")
    objects = [name for name in ("object", "oldObject") if request.get(name) is not None]
    if not objects:
        raise ReviewError("not an AdmissionReview: request has neither object nor oldObject")
    for name in objects:
        _mapping(_mapping(request[name], f"request.{name}").get("metadata"), f"request.{name}.metadata")
    return review


def _is_of_this_server(record: logging.LogRecord) -> bool:
    """Whether an error isn't a client's who sent no HTTP, or went: aiohttp would log a traceback for each."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | ConnectionError))


_http_logger.addFilter(_is_of_this_server)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ReviewError(f"not an AdmissionReview: {where} is no JSON object")
    return value
