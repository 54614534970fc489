"""A web server that answers HTTP-01 challenges and nothing else (RFC 8555 section 8.3)."""

import contextlib
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from certmanager.acme.challenge import Proof
from certmanager.acme.errors import SolverError

RequestCallback = Callable[[str], None]


class Http01Server:
    """A Solver: the proofs that are presented now, and the handler that shows them to whoever asks."""

    def __init__(self, on_request: RequestCallback | None = None) -> None:
        """`on_request` is called with the path of each request."""
        self._bodies: dict[str, str] = {}
        self._on_request = on_request

    async def present(self, proof: Proof) -> None:
        """Show the proof from now on."""
        self._bodies[proof.http_path] = proof.key_authorization

    async def clean_up(self, proof: Proof) -> None:
        """Show it no more."""
        self._bodies.pop(proof.http_path, None)

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """The key authorization where one is presented, else 404."""
        if self._on_request is not None:
            self._on_request(request.path)
        body = self._bodies.get(request.path)
        return web.Response(status=404) if body is None else web.Response(body=body.encode())


@contextlib.asynccontextmanager
async def serve(host: str, port: int, on_request: RequestCallback | None = None) -> AsyncIterator[Http01Server]:
    """Such a server inside the `async with`.

    Raises:
        SolverError: the host isn't this machine's, or the port is taken or not ours to take.
    """
    server = Http01Server(on_request)
    runner = web.ServerRunner(web.Server(server.answer, access_log=None))
    await runner.setup()
    try:
        await _listen(runner, host, port)
        yield server
    finally:
        await runner.cleanup()


async def _listen(runner: web.ServerRunner, host: str, port: int) -> None:
    if not host:
        raise SolverError("can't listen for HTTP-01: the host is empty")
    try:
        await web.TCPSite(runner, host, port).start()
    except (OSError, ValueError, OverflowError) as error:  # the last two: no host or port at all
        raise SolverError(f"can't listen for HTTP-01 at {host!r:.60} on port {port}: {error}") from error
