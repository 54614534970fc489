"""A process to be perturbed: an operator by a plain client, which deletes the Secrets that say that they have gone off.

All others get the label `served`. It lists from resourceVersion 0, as client-go's informers do at their start. With the
argument `careless` it deletes whatever has the name now.
"""

import http.client
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.plain_client import MERGE_PATCH, SECRETS, Client

GONE = 410

client = Client(Path(os.environ["KUBECONFIG"]))
careless = "careless" in sys.argv


def serve(secret: dict[str, Any]) -> None:
    metadata = secret["metadata"]
    version = {"resourceVersion": metadata["resourceVersion"]}
    path = f"{SECRETS}/{metadata['name']}"
    if "off" in secret.get("data", {}):
        options = {} if careless else {"preconditions": {"uid": metadata["uid"], **version}}
        client.send("DELETE", path, options)
    elif "served" not in metadata.get("labels", {}):
        client.send("PATCH", path, {"metadata": {"labels": {"served": "yes"}, **version}}, MERGE_PATCH)


def events(version: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of a watch until it ends, however it ends."""
    with client.watch(version) as stream:
        try:
            while line := stream.readline():
                event = json.loads(line)
                yield event["type"], event["object"]
        except (http.client.IncompleteRead, ValueError, TimeoutError):
            return


while True:
    listed = client.send("GET", f"{SECRETS}?resourceVersion=0").json
    for secret in listed["items"]:
        serve(secret)
    version, is_expired = listed["metadata"]["resourceVersion"], False
    while not is_expired:
        for event_type, body in events(version):
            if event_type == "ERROR":
                is_expired = body["code"] == GONE
                break
            version = body["metadata"]["resourceVersion"]
            if event_type != "DELETED":
                serve(body)
