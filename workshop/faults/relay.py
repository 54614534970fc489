"""How an answer gets to the client: piece by piece as it comes, or line by line where a line may meet a fault."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable, Sequence

import aiohttp
from aiohttp import web

from workshop.faults.effects import Cut, Decision, Delay, EndWith, Hold, OfLine
from workshop.faults.upstream import OF_ONE_CONNECTION, without

_HEAD = 1024  # bytes of an answer that `head` is shown
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: closing resets


async def relay(decision: Decision, incoming: web.BaseRequest, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Pass `answer` on to the client of `incoming`."""
    headers = without(OF_ONE_CONNECTION, answer.headers)
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=headers)
    await response.prepare(incoming)
    if decision.line and answer.ok and answer.content_type == "application/json":
        return await _lines(decision.line, incoming, answer, response)
    head = b""
    async for piece in answer.content.iter_any():
        await response.write(piece)
        head += piece[: _HEAD - len(head)]
    if decision.head and answer.ok:
        decision.head(head)
    await response.write_eof()
    return response


async def _lines(
    effects_on: Callable[[int], Sequence[OfLine]],
    incoming: web.BaseRequest,
    answer: aiohttp.ClientResponse,
    response: web.StreamResponse,
) -> web.StreamResponse:
    number = 0
    async for line in _split(answer.content):
        for effect in effects_on(number):
            match effect:
                case Delay(seconds):
                    await asyncio.sleep(seconds)
                case Hold(until):
                    await asyncio.wait([asyncio.wrap_future(until)])  # `wait`: giving up here leaves `until` alone
                case Cut(share):
                    await response.write(line[: int(share * len(line))])
                    return close(incoming)
                case EndWith(last):
                    await response.write(last)
                    await response.write_eof()
                    return response
        await response.write(line)
        number += 1
    await response.write_eof()
    return response


async def _split(content: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in content.iter_any():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
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
