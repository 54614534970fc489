"""Obtain a certificate in a process that kills itself as soon as the n-th reply has come, before it is read.

Arguments: a JSON object; see `main`. Prints the name of the last resource that was asked.
"""

import asyncio
import contextlib
import itertools
import json
import os
import signal
import ssl
import sys
from pathlib import Path

from certmanager.acme import http01
from certmanager.acme.challenge import Solver, Type
from certmanager.acme.exchange import Exchange
from certmanager.acme.identifier import Identifier
from certmanager.acme.resume import ObtainRequest, obtain
from certmanager.acme.storage import Storage
from workshop.pebble.challtestsrv import ChallTestSrv


async def main(
    *, directory: str, ca_file: str, challenge: str, http_port: int, dns: str, folder: str, after: int
) -> None:
    replies = itertools.count(1)

    def die(exchange: Exchange) -> None:
        if next(replies) == after:
            print(exchange.url.split("/")[3], flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    request = ObtainRequest(directory, [Identifier.of("killed.example.test")], Type(challenge))
    trust = ssl.create_default_context(cafile=ca_file)
    async with serve(request.challenge, http_port, dns) as solver:
        await obtain(request, Storage(Path(folder)), solver, print, trust=trust, on_exchange=die)


def serve(challenge: Type, http_port: int, dns: str) -> contextlib.AbstractAsyncContextManager[Solver]:
    if challenge is Type.HTTP_01:
        return http01.serve("127.0.0.1", http_port)
    return contextlib.nullcontext(ChallTestSrv(dns))


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
