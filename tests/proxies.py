"""Proxies in the environment: one that leads nowhere, and one that sees where it is asked to lead."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

DEAD_PROXY = "http://127.0.0.1:9"
DEAD_PROXIES = {
    variable: value
    for name, value in {
        "HTTP_PROXY": DEAD_PROXY,
        "HTTPS_PROXY": DEAD_PROXY,
        "ALL_PROXY": DEAD_PROXY,
        "NO_PROXY": "",
    }.items()
    for variable in (name, name.lower())
}


def set_proxies(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Let the environment have these variables of proxies, and no others."""
    for name in DEAD_PROXIES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@dataclass
class ConnectProxy:
    """What it was asked for: the host and port of each CONNECT, and its Proxy-Authorization."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)


@contextlib.asynccontextmanager
async def connect_proxy(target: int | None) -> AsyncIterator[ConnectProxy]:
    """A proxy that knows CONNECT alone (RFC 9110 section 9.3.6). All leads to one port of loopback, or to a 502."""
    proxy = ConnectProxy()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request, *headers = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        proxy.asked.append(request.removeprefix("CONNECT ").removesuffix(" HTTP/1.1"))
        proxy.authorizations += [line.partition(": ")[2] for line in headers if line.startswith("Proxy-Authorization")]
        if target is None:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            writer.close()
            return
        there, onward = await asyncio.open_connection("127.0.0.1", target)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, onward), _copy(there, writer))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield proxy


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()
