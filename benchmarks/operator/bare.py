"""The bound: a list, a watch, a dict, the operator's patches for each icecream, on asyncio and aiohttp alone.

It decides nothing, retries nothing and ends at the first error, so it is what an operator costs before it is one.
Usage: python -m benchmarks.operator.bare KUBECONFIG (with a token, as `workshop.workspace.operators.log_in` writes it).
"""

import asyncio
import base64
import json
import ssl
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiohttp

WORKERS = 32
READ_AHEAD = 1 << 21  # bytes; aiohttp refuses to look for the end of a line in more than twice this
CONDITION = {
    "type": "Ready",
    "status": "True",
    "observedGeneration": 1,
    "lastTransitionTime": "2026-01-01T00:00:00Z",
    "reason": "Sold",
    "message": "each of its flavours was still there",
}
STATUS = {"soldOut": False, "toppingsCount": 0, "observedGeneration": 1, "conditions": [CONDITION]}
PATCHES: list[tuple[str, object]] = [("/status", {"status": STATUS})]
if find_spec("icecream_operator.finalizer"):  # the stage before has none
    PATCHES.insert(0, ("", {"metadata": {"finalizers": ["demo.lva.io/finalizer"]}}))


async def main(kubeconfig: Path) -> None:
    """Give every icecream the same status, for ever."""
    config = json.loads(kubeconfig.read_text())
    cluster, token = config["clusters"][0]["cluster"], config["users"][0]["user"]["token"]
    ca = base64.b64decode(cluster["certificate-authority-data"]).decode()
    url = f"{cluster['server']}/apis/demo.lva.io/v1/icecreams"
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=ca))
    timeout = aiohttp.ClientTimeout(total=None)
    headers = {"Authorization": f"Bearer {token}"}
    icecreams: dict[str, dict[str, Any]] = {}
    names: asyncio.Queue[str] = asyncio.Queue()
    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=timeout) as session:
        async with session.get(url) as response:
            listed = await response.json()
        for icecream in listed["items"]:
            _see(icecream, icecreams, names)
        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(_work(session, url, icecreams, names))
            since = listed["metadata"]["resourceVersion"]
            while True:
                parameters = {"watch": "true", "resourceVersion": since}
                async with session.get(url, params=parameters, read_bufsize=READ_AHEAD) as response:
                    async for line in response.content:
                        event = json.loads(line)
                        since = event["object"]["metadata"]["resourceVersion"]
                        if event["type"] == "DELETED":
                            icecreams.pop(event["object"]["metadata"]["name"], None)
                        else:
                            _see(event["object"], icecreams, names)


def _see(icecream: dict[str, Any], icecreams: dict[str, dict[str, Any]], names: asyncio.Queue[str]) -> None:
    name = icecream["metadata"]["name"]
    icecreams[name] = icecream
    names.put_nowait(name)


async def _work(
    session: aiohttp.ClientSession, url: str, icecreams: dict[str, dict[str, Any]], names: asyncio.Queue[str]
) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    while True:
        name = await names.get()
        icecream = icecreams.get(name)
        if icecream and icecream.get("status") != STATUS:
            for path, patch in PATCHES:
                async with session.patch(f"{url}/{name}{path}", data=json.dumps(patch), headers=headers) as response:
                    await response.read()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
