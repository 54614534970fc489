"""A web server where the CA looks for proofs."""

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator

from workshop import pebble


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def web_server(ca: pebble.Pebble, handler: Callable[..., http.server.BaseHTTPRequestHandler]) -> Iterator[None]:
    """Serve inside the `with`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", ca.http_port), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
