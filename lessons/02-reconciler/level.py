"""A whole level-triggered operator: whatever has happened, look at all, and write what differs.

kopf run --standalone --all-namespaces lessons/02-reconciler/level.py
"""

import logging
from collections import Counter
from typing import Any

import kopf
from kubernetes.client import CustomObjectsApi

ICECREAMS = ("demo.lva.io", "v1", "icecreams")
PER_FLAVOUR = 3


@kopf.on.event(*ICECREAMS)
def look(type: str | None, name: str, **_: Any) -> None:
    api = CustomObjectsApi()
    listed = api.list_cluster_custom_object(*ICECREAMS)["items"]
    icecreams = [icecream for icecream in listed if "deletionTimestamp" not in icecream["metadata"]]
    ordered = Counter(flavour for icecream in icecreams for flavour in icecream["spec"]["flavour"])
    written = 0
    for icecream in icecreams:
        status = {
            "soldOut": any(ordered[flavour] >= PER_FLAVOUR for flavour in icecream["spec"]["flavour"]),
            "toppingsCount": len(icecream["spec"].get("topping", [])),
        }
        if icecream.get("status") != status:
            path = (*ICECREAMS, icecream["metadata"]["name"])
            api.patch_cluster_custom_object_status(*path, {"status": status})
            written += 1
    logging.info("%s %s: %d listed, %d written", type, name, len(listed), written)
