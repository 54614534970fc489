"""What we use of aiohttp that isn't public is there, and does what we take it for."""

import asyncio
import gc
import socket
import ssl
import threading
import warnings
from pathlib import Path

from certmanager.acme.transport import open_transport
from workshop.pebble.serving_certificate import ServingCertificate

LAST_REPLY = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def test_a_connection_that_the_other_side_keeps_open_is_closed_with_the_event_loop(
    serving: ServingCertificate, trust: ssl.SSLContext, tmp_path: Path
) -> None:
    pem = tmp_path / "tls.pem"
    pem.write_bytes(serving.certificate + serving.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    asked = threading.Event()

    def answer(listener: socket.socket) -> None:
        with listener.accept()[0] as accepted, context.wrap_socket(accepted, server_side=True) as connection:
            connection.recv(1000)
            connection.sendall(LAST_REPLY)
            asked.wait()

    async def ask(url: str) -> int:
        async with open_transport(trust) as transport:
            return (await transport.send("GET", url)).status

    with socket.create_server(("127.0.0.1", 0)) as listener, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        server = threading.Thread(target=answer, args=[listener])
        server.start()
        status = asyncio.run(ask(f"https://127.0.0.1:{listener.getsockname()[1]}/"))
        gc.collect()
        asked.set()
        server.join()
    assert status == 404
    assert [str(warning.message) for warning in warned if warning.category is ResourceWarning] == []
