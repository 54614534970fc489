"""The proxy's connections to its upstream: requests go out as they came, and no connection outlives the proxy."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from reconciling.httpproxy import proxy_for_url

HOP_BY_HOP = {  # RFC 9110, 7.6.1
    *("Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization"),
    *("TE", "Trailer", "Transfer-Encoding", "Upgrade"),
}
# Our own connection has its own; and responses stay uncompressed, so that their lines can be told apart.
_NOT_FORWARDED = {*HOP_BY_HOP, "Host", "Content-Length", "Accept-Encoding"}
_NEVER_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Upstream:
    """The server at `url`."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    def send(
        self, method: str, target: str, headers: CIMultiDictProxy[str], body: bytes
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a request; its response can be read inside the `async with`.

        Raises:
            aiohttp.ClientError: the server can't be reached, or the connection broke.
        """
        url = URL(self._url + target, encoded=True)
        forwarded = without(_NOT_FORWARDED, headers)
        return self._session.request(method, url, headers=forwarded, data=body or None, allow_redirects=False)


@contextlib.asynccontextmanager
async def connect(url: str, tls: ssl.SSLContext) -> AsyncIterator[Upstream]:
    """Connections to `url`, all of them closed at the end."""
    sockets = _OpenSockets()
    connector = aiohttp.TCPConnector(ssl=tls, limit=0, socket_factory=sockets.connecting)
    no_limit = aiohttp.ClientTimeout(total=None)
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=no_limit,
            skip_auto_headers=_NEVER_ADDED,
            auto_decompress=False,
            proxy=proxy_for_url(url),
        ) as session:
            yield Upstream(url, session)
    finally:
        await sockets.close()


def without(names: set[str], headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers but these."""
    rest = CIMultiDict(headers)
    for name in names:
        rest.popall(name, None)
    return rest


class _OpenSockets:
    """The sockets that are open: aiohttp doesn't wait for those that it left in the middle of TLS' goodbye."""

    def __init__(self) -> None:
        self._open: set[socket.socket] = set()
        self._changed = asyncio.Event()

    def connecting(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket for this address, as getaddrinfo gives it."""
        family, kind, protocol, *_ = address
        made = _Socket(self._discard, family, kind, protocol)
        self._open.add(made)
        return made

    async def close(self) -> None:
        """End them, and wait until whoever uses them has seen it."""
        for open_socket in self._open:
            with contextlib.suppress(OSError):  # not connected yet
                open_socket.shutdown(socket.SHUT_RDWR)
        while self._open:
            self._changed.clear()
            await self._changed.wait()

    def _discard(self, closed: socket.socket) -> None:
        self._open.discard(closed)
        self._changed.set()


class _Socket(socket.socket):
    """A socket that says when it is closed."""

    def __init__(self, on_close: Callable[[socket.socket], None], family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._on_close = on_close

    def close(self) -> None:
        super().close()
        self._on_close(self)
