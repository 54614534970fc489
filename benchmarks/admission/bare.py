"""The bound: an HTTPS server on aiohttp and uvloop that reads a review and answers "allowed".

Usage: python -m benchmarks.admission.bare FOLDER PORT (with tls.crt and tls.key in the folder).
"""

import ssl
import sys
from pathlib import Path

import uvloop
from aiohttp import web


async def allow(request: web.Request) -> web.Response:
    """Answer without a look at the object."""
    review = await request.json()
    response = {"uid": review["request"]["uid"], "allowed": True}
    return web.json_response({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response})


def main(folder: Path, port: int) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    application = web.Application()
    application.add_routes([web.post("/validate-demo-lva-io-v1-icecream", allow)])
    loop = uvloop.new_event_loop()
    web.run_app(application, host="127.0.0.1", port=port, ssl_context=context, access_log=None, print=None, loop=loop)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
