"""Free TCP ports on loopback for programs that can't share a port and can't be handed an open one."""

import contextlib
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass

_CAN_HOLD = sys.platform == "linux"


@dataclass(frozen=True)
class Ports:
    """Where Pebble listens, where it looks for HTTP-01 proofs, and where its DNS is."""

    acme: int
    management: int
    http: int
    dns: int
    dns_management: int


@contextlib.contextmanager
def reserved() -> Iterator[Ports]:
    """Five free ports that stay ours inside the `with`.

    Linux lets a server listen on a port that somebody else has bound without listening if both ask for SO_REUSEADDR,
    as Go's servers and asyncio's do, and gives it to nobody else. Elsewhere the ports are only free at this moment.
    """
    with contextlib.ExitStack() as held:
        ports = Ports(*(_hold(held) for _ in range(5)))
        if not _CAN_HOLD:
            held.close()
        yield ports


def _hold(held: contextlib.ExitStack) -> int:
    holder = held.enter_context(socket.socket())
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    return port
