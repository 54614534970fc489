"""The proxy itself: carries out what is decided elsewhere, and passes on all the rest.

It knows HTTP/1.1 and nothing of Kubernetes. A connection that the client gives up ends the one to the upstream, and the
other way round. Upgraded connections (`kubectl exec`) and `Expect: 100-continue` aren't passed on.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import assert_never

import aiohttp
from aiohttp import web

from workshop.faults.actions import Decision, Delay, HttpRequest, KillClient, LoseReply, Respond, RewriteTarget
from workshop.faults.relay import close, relay_response, reset
from workshop.faults.upstream import connect


class Proxy:
    """Passes requests on to the upstream at `url`, after `decide` has said what becomes of each."""

    def __init__(self, url: str, tls: ssl.SSLContext, decide: Callable[[HttpRequest], Decision]) -> None:
        self._url = url
        self._tls = tls
        self._decide = decide

    async def serve(self, listening: socket.socket, tls: ssl.SSLContext, until: asyncio.Future[None]) -> None:
        """Serve on `listening` until `until` is done; then every connection is closed at once.

        Raises:
            Exception: what deciding raised. It ends the proxy, for a 500 would pass for an injected fault.
        """
        self._until = until
        async with connect(self._url, self._tls) as self._upstream:
            self._client = _Client(self._handle)
            handshakes, loop = set[asyncio.Task[None]](), asyncio.get_running_loop()

            def accept() -> None:
                with contextlib.suppress(BlockingIOError, ConnectionAbortedError):  # the client is gone again
                    task = loop.create_task(self._handshake(listening.accept()[0], tls))
                    handshakes.add(task)
                    task.add_done_callback(handshakes.discard)

            loop.add_reader(listening, accept)  # asyncio's Server forgets what it has just accepted when it is closed
            try:
                await until
            finally:
                loop.remove_reader(listening)
                self._client.drop()
                await self._client.http.shutdown(0)

    async def _handshake(self, connection: socket.socket, tls: ssl.SSLContext) -> None:
        with contextlib.suppress(OSError):  # the client is gone, or hasn't got the certificate
            await asyncio.get_running_loop().connect_accepted_socket(self._client.http, connection, ssl=tls)

    async def _handle(self, incoming: web.BaseRequest, client: "_Client") -> web.StreamResponse:
        request = HttpRequest(incoming.method, incoming.raw_path, await incoming.content.read())
        if client is not self._client:
            return close(incoming)
        try:
            return await self._carry_out(self._decide(request), incoming, request)
        except aiohttp.ClientError:  # the upstream's end of the connection is gone, so the client's goes too
            return reset(incoming)
        except Exception as error:
            if not self._until.done():
                self._until.set_exception(error)
            return reset(incoming)

    async def _carry_out(
        self, decision: Decision, incoming: web.BaseRequest, request: HttpRequest
    ) -> web.StreamResponse:
        target = request.target
        for action in decision.actions:
            match action:
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                case RewriteTarget(target):
                    pass
                case Respond(status, headers, body, forwarded):
                    if forwarded:
                        await self._forward(incoming, request)
                    return web.Response(status=status, headers=headers, body=body)
                case LoseReply():
                    await self._forward(incoming, request)
                    return reset(incoming)
                case KillClient(kill, forwarded):
                    try:
                        if forwarded:
                            await self._forward(incoming, request)
                    finally:
                        kill(self._drop_client)
                    return reset(incoming)
                case _:
                    assert_never(action)
        return await self._pass(decision, incoming, request, target)

    async def _forward(self, incoming: web.BaseRequest, request: HttpRequest) -> None:
        """Let the upstream respond, to nobody."""
        async with self._send(incoming, request, request.target) as response:
            await response.read()

    async def _pass(
        self, decision: Decision, incoming: web.BaseRequest, request: HttpRequest, target: str
    ) -> web.StreamResponse:
        if target != request.target:
            async with self._send(incoming, request, target) as response:
                if response.ok:
                    return await relay_response(decision, incoming, response)
        async with self._send(incoming, request, request.target) as response:
            return await relay_response(decision, incoming, response)

    def _send(
        self, incoming: web.BaseRequest, request: HttpRequest, target: str
    ) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if incoming.transport is None or incoming.transport.is_closing():
            raise aiohttp.ClientConnectionError("the client is gone")
        return self._upstream.send(request.method, target, incoming.headers, request.body)

    def _drop_client(self) -> None:
        """The client is dead: whatever it sent, and the upstream hasn't got, goes nowhere. The next one may come."""
        self._client.drop()
        self._client = _Client(self._handle)


class _Client:
    """The one process that comes through the proxy, by all of its connections."""

    def __init__(self, handle: Callable[[web.BaseRequest, "_Client"], Awaitable[web.StreamResponse]]) -> None:
        self.http = web.Server(lambda incoming: handle(incoming, self), handler_cancellation=True, access_log=None)

    def drop(self) -> None:
        for connection in self.http.connections:
            if connection.transport:
                connection.transport.abort()
