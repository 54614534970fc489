"""Ends an aiohttp server so that whoever has been let in is answered, as Go's http.Server.Shutdown does.

aiohttp's own way isn't enough here. As soon as it ends, it ignores what comes on any connection, also the second half
of a body of which it has the first: the API server waits for the answer until its timeout. And a connection that only
comes then, from a handshake that had begun, it keeps for as long as it would wait for an answer.
"""

import asyncio
import contextlib

from aiohttp import web
from aiohttp.typedefs import Handler

ON_THE_WAY = 0.5  # seconds until a request that was sent before the end has been read too
NO_MORE_ANSWERS = 1.0  # seconds for what is in flight when nothing should be


class Shutdown:
    """Knows how many requests are in flight: its `middleware` has to see them."""

    def __init__(self) -> None:
        self._in_flight = 0
        self._none_in_flight = asyncio.Event()
        self._none_in_flight.set()
        self._begun = False

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count a request; at the end its answer is the last on its connection, so that no other comes after it."""
        self._in_flight += 1
        self._none_in_flight.clear()
        try:
            response = await handler(request)
        finally:
            self._in_flight -= 1
            if not self._in_flight:
                self._none_in_flight.set()
        if self._begun:
            response.force_close()
        return response

    async def end(self, listener: asyncio.AbstractServer, runner: web.AppRunner, grace: float) -> None:
        """Let nobody in any more, wait `grace` seconds at most until all are answered, and end all connections."""
        self._begun = True
        listener.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await asyncio.sleep(ON_THE_WAY)
                while self._in_flight:  # the next may come before we hear that there is none
                    await self._none_in_flight.wait()
        server = runner.server
        assert server
        ending = asyncio.create_task(runner.cleanup())
        while not ending.done():
            server.pre_shutdown()  # again and again, for those who come from a handshake
            await asyncio.wait([ending], timeout=0.1)
        await ending
