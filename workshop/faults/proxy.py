"""The proxy itself: carries out what is decided elsewhere, and passes on all the rest.

It knows HTTP/1.1 and nothing of Kubernetes. A connection that the client gives up ends the one to the server, and the
other way round. Upgraded connections (`kubectl exec`) and `Expect: 100-continue` aren't passed on.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Awaitable, Callable

import aiohttp
from aiohttp import web

from workshop.faults.effects import Answer, AskInstead, Decision, Delay, HttpRequest, Kill, LoseReply
from workshop.faults.relay import close, relay, reset
from workshop.faults.upstream import connected


class Proxy:
    """Passes requests on to the server at `url`, after `decide` has said what becomes of each."""

    def __init__(self, url: str, asking: ssl.SSLContext, decide: Callable[[HttpRequest], Decision]) -> None:
        self._url = url
        self._asking = asking
        self._decide = decide

    async def serve(self, listening: socket.socket, serving: ssl.SSLContext, until: asyncio.Event) -> None:
        """Serve on `listening` until `until` is set; then every connection is closed at once."""
        async with connected(self._url, self._asking) as self._server:
            self._listening, self._client = listening, _Client(self._handle)
            loop = asyncio.get_running_loop()
            listener = await loop.create_server(lambda: self._client.http(), sock=listening, ssl=serving)
            try:
                await until.wait()
            finally:
                listener.close()
                self._client.drop()
                await self._client.http.shutdown(0)

    async def _handle(self, incoming: web.BaseRequest, client: "_Client") -> web.StreamResponse:
        request = HttpRequest(incoming.method, incoming.raw_path, await incoming.content.read())
        if client is not self._client:
            return close(incoming)
        decision = self._decide(request)
        try:
            return await self._carry_out(decision, incoming, request)
        except aiohttp.ClientError:  # the server's end of the connection is gone, so the client's goes too
            return reset(incoming)

    async def _carry_out(
        self, decision: Decision, incoming: web.BaseRequest, request: HttpRequest
    ) -> web.StreamResponse:
        target = request.target
        for effect in decision.effects:
            match effect:
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                case AskInstead(target):
                    pass
                case Answer(status, headers, body, reaches):
                    if reaches:
                        await self._happen(incoming, request)
                    return web.Response(status=status, headers=headers, body=body)
                case LoseReply():
                    await self._happen(incoming, request)
                    return reset(incoming)
                case Kill(victim, reaches):
                    try:
                        if reaches:
                            await self._happen(incoming, request)
                    finally:
                        victim(self._drop_client)
                    return reset(incoming)
        return await self._pass(decision, incoming, request, target)

    async def _happen(self, incoming: web.BaseRequest, request: HttpRequest) -> None:
        """Let the server answer, to nobody."""
        async with self._ask(incoming, request, request.target) as answer:
            await answer.read()

    async def _pass(
        self, decision: Decision, incoming: web.BaseRequest, request: HttpRequest, target: str
    ) -> web.StreamResponse:
        if target != request.target:
            async with self._ask(incoming, request, target) as answer:
                if answer.ok:
                    return await relay(decision, incoming, answer)
        async with self._ask(incoming, request, request.target) as answer:
            return await relay(decision, incoming, answer)

    def _ask(
        self, incoming: web.BaseRequest, request: HttpRequest, target: str
    ) -> contextlib.AbstractAsyncContextManager[aiohttp.ClientResponse]:
        if incoming.transport is None or incoming.transport.is_closing():
            raise aiohttp.ClientConnectionError("the client is gone")
        return self._server.ask(request.method, target, incoming.headers, request.body)

    def _drop_client(self) -> None:
        """The client is dead: whatever it sent, and the server hasn't heard of, goes nowhere. The next one may come."""
        self._client.drop()
        self._client = _Client(self._handle)
        with contextlib.suppress(BlockingIOError):
            while True:  # what it connected, and we haven't accepted yet
                self._listening.accept()[0].close()


class _Client:
    """The one process that comes through the proxy, by all of its connections."""

    def __init__(self, handle: Callable[[web.BaseRequest, "_Client"], Awaitable[web.StreamResponse]]) -> None:
        self.http = web.Server(lambda incoming: handle(incoming, self), handler_cancellation=True, access_log=None)

    def drop(self) -> None:
        for connection in self.http.connections:
            if connection.transport:
                connection.transport.abort()
