"""HTTP endpoints for whoever looks after the process: kubelet's probes here, Prometheus' in `metrics`.

They are off unless asked for, so that two operators on one laptop never meet at a port.
"""

import contextlib
import logging
from argparse import ArgumentTypeError
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from aiohttp import web

logger = logging.getLogger(__name__)


class Address(NamedTuple):
    """Where to listen; the host is empty for all interfaces, the port 0 for one that the system chooses."""

    host: str
    port: int


class AddressError(Exception):
    """Nobody can listen there. The message says why."""


def address(text: str) -> Address | None:
    """Read a flag of the command line as controller-runtime reads it: HOST:PORT or :PORT; None for 0, which is off.

    Raises:
        ArgumentTypeError: it is none of these.
    """
    if text == "0":
        return None
    host, _, port = text.rpartition(":")
    if ":" not in text or not port.isdecimal() or int(port) > 65535:
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT, :PORT or 0")
    return Address(host.strip("[]"), int(port))


def health(ready: Callable[[], bool]) -> list[web.RouteDef]:
    """Return /healthz, which says that the event loop isn't stuck, and /readyz, which asks `ready`."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        return web.Response(text="ok") if ready() else web.Response(text="not ready", status=503)

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]


@contextlib.asynccontextmanager
async def serving(at: Address | None, routes: Sequence[web.RouteDef]) -> AsyncIterator[None]:
    """Serve the endpoints inside the `async with`, if there is an address to do so.

    Raises:
        AddressError: nobody can listen there.
    """
    if at is None:
        yield
        return
    application = web.Application()
    application.add_routes(routes)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, at.host or None, at.port).start()
        except OSError as error:
            raise AddressError(f"{at.host}:{at.port} can't be listened on: {error.strerror}") from error
        host, port = runner.addresses[0][:2]
        logger.info("Serving %s on http://%s:%d", ", ".join(route.path for route in routes), host, port)
        yield
    finally:
        await runner.cleanup()
