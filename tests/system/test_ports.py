"""A reserved port is for the server that we start, and for nobody else."""

import asyncio
import socket
import sys

import pytest

from workshop.system.ports import reserved_port

_held_for_all = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only SO_REUSEPORT gets in beside us")


def _listen(port: int, *options: int) -> None:
    with socket.socket() as server:
        for option in options:
            server.setsockopt(socket.SOL_SOCKET, option, 1)
        server.bind(("127.0.0.1", port))
        server.listen()


def test_a_server_that_shares_its_port_may_listen_and_nobody_else() -> None:
    with reserved_port(server_shares=True) as port:
        with pytest.raises(OSError, match="in use"):
            _listen(port)
        _listen(port, socket.SO_REUSEPORT)


@_held_for_all
async def test_a_server_of_asyncios_or_gos_may_listen_and_nobody_else() -> None:
    with reserved_port() as port:
        with pytest.raises(OSError, match="in use"):
            _listen(port)
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", port) as server:
            assert server.sockets[0].getsockname()[1] == port
        _listen(port, socket.SO_REUSEADDR)


def test_it_is_free_again_afterwards() -> None:
    with reserved_port(server_shares=True) as port:
        pass
    _listen(port)


def test_the_preferred_one_is_taken_if_it_is_free() -> None:
    with reserved_port() as port:
        pass
    with reserved_port(port) as again:
        assert again == port


@pytest.mark.parametrize("option", [socket.SO_REUSEADDR, socket.SO_REUSEPORT])
def test_the_preferred_one_is_left_to_a_server_that_would_share_it(option: int) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, option, 1)
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        with reserved_port(port) as other:
            assert other != port


def test_the_preferred_one_is_left_to_who_has_reserved_it_already() -> None:
    with reserved_port(server_shares=True) as port, reserved_port(port, server_shares=True) as other:
        assert other != port
