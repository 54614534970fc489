"""A process to be killed: creates the Secrets that its arguments name, so many at once, with a plain client.

It says "wrote NAME" after each reply, and "lost NAME" where none came, after which it goes on.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.faults.plain_client import Client

client = Client(Path(os.environ["KUBECONFIG"]))


def write(name: str) -> None:
    try:
        print("wrote" if client.create(name).status == 201 else "failed", name, flush=True)
    except ConnectionError:
        print("lost", name, flush=True)


at_once, *names = sys.argv[1:]
with ThreadPoolExecutor(int(at_once)) as pool:
    list(pool.map(write, names))
