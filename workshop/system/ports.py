"""Free TCP ports on loopback that nobody takes before the server for which they are meant listens.

Most servers take a number, and can't be handed an open socket. So we hold the port bound, without listening.
"""

import contextlib
import socket
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def reserved_port(preferred: int = 0, *, server_shares: bool = False) -> Iterator[int]:
    """A free port of 127.0.0.1 that stays ours inside the `with`; `preferred` if that one is free.

    On Linux a server that sets SO_REUSEADDR, as Go's net.Listen and asyncio do, may listen on a port that is bound with
    SO_REUSEADDR and not listened on (socket(7)); the kernel gives it to nobody else. Elsewhere only a server that sets
    SO_REUSEPORT may (`server_shares`; kube-apiserver --permit-port-sharing); for others the port is no more than free
    at this moment.
    """
    with socket.socket() as holder:
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            holder.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            _refuse_if_bound(preferred)
            holder.bind(("127.0.0.1", preferred))
        except OSError:
            holder.bind(("127.0.0.1", 0))
        port: int = holder.getsockname()[1]
        if sys.platform != "linux" and not server_shares:
            holder.close()
        yield port


def _refuse_if_bound(port: int) -> None:
    """Raise OSError if anybody has bound `port`, even one who would share it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", port))
