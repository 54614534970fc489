"""The proxy's connections to the server: requests go out as they came, and no connection outlives the proxy."""

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

OF_ONE_CONNECTION = {  # RFC 9110, 7.6.1
    *("Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization"),
    *("TE", "Trailer", "Transfer-Encoding", "Upgrade"),
}
# Our own connection has its own; and answers stay uncompressed, so that their lines can be told apart.
_OURS = {*OF_ONE_CONNECTION, "Host", "Content-Length", "Accept-Encoding"}
_NOTHING_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class Server:
    """The server at `url`."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    def ask(
        self, method: str, target: str, headers: CIMultiDictProxy[str], body: bytes
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send a request; its answer can be read inside the `async with`.

        Raises:
            aiohttp.ClientError: the server can't be reached, or the connection broke.
        """
        url = URL(self._url + target, encoded=True)
        sent = without(_OURS, headers)
        return self._session.request(method, url, headers=sent, data=body or None, allow_redirects=False)


@contextlib.asynccontextmanager
async def connected(url: str, tls: ssl.SSLContext) -> AsyncIterator[Server]:
    """Connections to `url`, all of them closed at the end."""
    sockets = _Sockets()
    connector = aiohttp.TCPConnector(ssl=tls, limit=0, socket_factory=sockets.make)
    no_limit = aiohttp.ClientTimeout(total=None)
    try:
        async with aiohttp.ClientSession(
            connector=connector, timeout=no_limit, skip_auto_headers=_NOTHING_ADDED, auto_decompress=False
        ) as session:
            yield Server(url, session)
    finally:
        await sockets.close()


def without(names: set[str], headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """The headers but these."""
    kept = CIMultiDict(headers)
    for name in names:
        kept.popall(name, None)
    return kept


class _Sockets:
    """The sockets that are open: aiohttp doesn't wait for those that it left in the middle of TLS' goodbye."""

    def __init__(self) -> None:
        self._open: set[socket.socket] = set()
        self._changed = asyncio.Event()

    def make(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket for this address, as getaddrinfo gives it."""
        family, kind, protocol, *_ = address
        made = _Socket(self._gone, family, kind, protocol)
        self._open.add(made)
        return made

    async def close(self) -> None:
        """End them, and wait until whoever uses them has seen it."""
        for each in self._open:
            with contextlib.suppress(OSError):  # not connected yet
                each.shutdown(socket.SHUT_RDWR)
        while self._open:
            self._changed.clear()
            await self._changed.wait()

    def _gone(self, closed: socket.socket) -> None:
        self._open.discard(closed)
        self._changed.set()


class _Socket(socket.socket):
    """A socket that tells when it is closed."""

    def __init__(self, gone: Callable[[socket.socket], None], family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._gone = gone

    def close(self) -> None:
        super().close()
        self._gone(self)
