"""Sockets that are all closed at the end, on both sides of the proxy.

aiohttp doesn't wait for those that it left in the middle of TLS' goodbye. asyncio's Server, when it is closed, forgets
those that it has just accepted (3.11: `_accept_connection2` fails in `Server._attach`), so the proxy accepts by itself.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Any


class OpenSockets:
    """The sockets that it made, as long as they are open."""

    def __init__(self) -> None:
        self._open: set[socket.socket] = set()
        self._changed = asyncio.Event()

    def connecting(self, address: tuple[Any, ...]) -> socket.socket:
        """A socket for this address, as getaddrinfo gives it."""
        family, kind, protocol, *_ = address
        return self._add(_Socket(self._discard, family, kind, protocol))

    def accepted(self, listening: socket.socket) -> socket.socket:
        """The next connection."""
        plain, _ = listening.accept()
        return self._add(_Socket(self._discard, plain.family, plain.type, plain.proto, plain.detach()))

    async def close(self) -> None:
        """End them, and wait until whoever uses them has seen it."""
        for open_socket in self._open:
            with contextlib.suppress(OSError):  # not connected yet, or no longer
                open_socket.shutdown(socket.SHUT_RDWR)
        while self._open:
            self._changed.clear()
            await self._changed.wait()

    def _add(self, made: socket.socket) -> socket.socket:
        self._open.add(made)
        return made

    def _discard(self, closed: socket.socket) -> None:
        self._open.discard(closed)
        self._changed.set()


class _Socket(socket.socket):
    """A socket that says when it is closed."""

    def __init__(self, on_close: Callable[[socket.socket], None], *of: int) -> None:
        super().__init__(*of)
        self._on_close = on_close

    def close(self) -> None:
        super().close()
        self._on_close(self)
