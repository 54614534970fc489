"""Obtain a certificate in a process that kills itself as soon as the n-th reply has come, before it is read.

Arguments: a JSON object; see `main`. Prints the name of the last resource that was asked.
"""

import asyncio
import contextlib
import json
import os
import signal
import ssl
import sys
from pathlib import Path

from certmanager.acme import http01
from certmanager.acme.challenge import Type
from certmanager.acme.identifier import Identifier
from certmanager.acme.obtain import Folder, Wanted, obtain
from certmanager.acme.wire import Exchange
from workshop.pebble.challtestsrv import ChallTestSrv


async def main(
    *, directory: str, ca_file: str, challenge: str, http_port: int, dns: str, folder: str, after: int
) -> None:
    seen = 0

    def die(exchange: Exchange) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            print(exchange.url.split("/")[3], flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    wanted = Wanted(directory, [Identifier.of("killed.example.test")], Type(challenge))
    trust = ssl.create_default_context(cafile=ca_file)
    solvers = {Type.HTTP_01: lambda: http01.serve("127.0.0.1", http_port), Type.DNS_01: lambda: keep(ChallTestSrv(dns))}
    async with solvers[wanted.challenge]() as solver:
        await obtain(wanted, Folder(Path(folder)), solver, print, trust=trust, watch=die)


def keep(solver: ChallTestSrv) -> contextlib.nullcontext[ChallTestSrv]:
    return contextlib.nullcontext(solver)


if __name__ == "__main__":
    asyncio.run(main(**json.loads(sys.argv[1])))
