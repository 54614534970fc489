"""How a response gets to the client: piece by piece as it comes, or line by line where a line may meet a fault."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence
from typing import assert_never

import aiohttp
from aiohttp import web

from workshop.faults.actions import Cut, Decision, Delay, EndWith, Hold, LineAction
from workshop.faults.upstream import HOP_BY_HOP, without

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: closing resets


async def relay_response(
    decision: Decision, incoming: web.BaseRequest, response: aiohttp.ClientResponse
) -> web.StreamResponse:
    """Pass the upstream's `response` on to the client of `incoming`."""
    outgoing = web.StreamResponse(
        status=response.status, reason=response.reason, headers=without(HOP_BY_HOP, response.headers)
    )
    await outgoing.prepare(incoming)
    if decision.on_line and response.ok and response.content_type == "application/json":
        return await _relay_lines(decision.on_line, incoming, response, outgoing)
    body = bytearray()
    async for piece in response.content.iter_any():
        await outgoing.write(piece)
        if decision.on_body:
            body += piece
    if decision.on_body and response.ok:
        decision.on_body(bytes(body))
    await outgoing.write_eof()
    return outgoing


async def _relay_lines(
    on_line: Callable[[int, bytes], Sequence[LineAction]],
    incoming: web.BaseRequest,
    response: aiohttp.ClientResponse,
    outgoing: web.StreamResponse,
) -> web.StreamResponse:
    number = 0
    async for line in lines(response.content.iter_any()):
        for action in on_line(number, line):
            match action:
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                case Hold(passes):
                    await asyncio.wait([asyncio.wrap_future(passes)])  # `wait`: giving up here leaves `passes` alone
                    if not passes.result():
                        return close(incoming)
                case Cut(share):
                    await outgoing.write(line[: int(share * len(line))])
                    return close(incoming)
                case EndWith(last):
                    await outgoing.write(last)
                    await outgoing.write_eof()
                    return outgoing
                case _:
                    assert_never(action)
        await outgoing.write(line)
        number += 1
    await outgoing.write_eof()
    return outgoing


async def lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines of a stream, of any length (aiohttp's own `readline` has a limit), the last one as it is."""
    rest = b""
    async for piece in pieces:
        *complete, rest = (rest + piece).split(b"\n")
        for line in complete:
            yield line + b"\n"
    if rest:
        yield rest


def reset(incoming: web.BaseRequest) -> web.Response:
    """End the client's connection by a reset."""
    if incoming.transport:
        connection: socket.socket | None = incoming.transport.get_extra_info("socket")
        if connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    return close(incoming)


def close(incoming: web.BaseRequest) -> web.Response:
    """End the client's connection now, whatever was left to say; what is returned goes nowhere."""
    if incoming.transport:
        incoming.transport.abort()
    return web.Response()
