"""The reconcile of the lecture's operator, in Python, with what is wrong with it. Lesson 02 shows what comes of that.

kopf run --standalone --all-namespaces lessons/02-reconciler/lecture.py
"""

from typing import Any

import kopf
from kubernetes.client import CustomObjectsApi

ICECREAMS = ("demo.lva.io", "v1", "icecreams")
PER_FLAVOUR = 3


@kopf.on.event(*ICECREAMS)
def reconcile(type: str | None, name: str, spec: kopf.Spec, **_: Any) -> None:
    if type == "DELETED":
        return
    api = CustomObjectsApi()
    items = api.list_cluster_custom_object(*ICECREAMS)["items"]
    same = [item for item in items if set(item["spec"]["flavour"]) & set(spec["flavour"])]
    if len(same) > PER_FLAVOUR:
        api.delete_cluster_custom_object(*ICECREAMS, same[-1]["metadata"]["name"])
    status: dict[str, Any] = {"toppingsCount": len(spec.get("topping", []))}
    if len(same) >= PER_FLAVOUR:
        status["soldOut"] = True
    api.patch_cluster_custom_object_status(*ICECREAMS, name, {"status": status})
