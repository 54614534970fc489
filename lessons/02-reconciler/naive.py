"""An operator as most people write their first one: kopf's handlers for what happened. Lesson 02 shows it go wrong.

kopf run --standalone --all-namespaces lessons/02-reconciler/naive.py
"""

from collections import Counter
from typing import Any

import kopf
from kubernetes.client import CustomObjectsApi

ICECREAMS = ("demo.lva.io", "v1", "icecreams")
PER_FLAVOUR = 3

ordered: Counter[str] = Counter()


@kopf.on.create(*ICECREAMS)
def created(name: str, spec: kopf.Spec, patch: kopf.Patch, **_: Any) -> None:
    ordered.update(spec["flavour"])
    if any(ordered[flavour] > PER_FLAVOUR for flavour in spec["flavour"]):
        CustomObjectsApi().delete_cluster_custom_object(*ICECREAMS, name)
        return
    patch.status["soldOut"] = any(ordered[flavour] >= PER_FLAVOUR for flavour in spec["flavour"])
    patch.status["toppingsCount"] = len(spec.get("topping", []))


@kopf.on.delete(*ICECREAMS, optional=True)
def deleted(spec: kopf.Spec, **_: Any) -> None:
    ordered.subtract(spec["flavour"])
