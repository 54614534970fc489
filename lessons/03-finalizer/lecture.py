"""The finalizer of the lecture's operator, in Python, with something to give back. Lesson 03 shows what comes of it.

kopf run --standalone --all-namespaces lessons/03-finalizer/lecture.py
"""

import logging
import os
import signal
from pathlib import Path
from typing import Any

import kopf
from kubernetes.client import CustomObjectsApi

ICECREAMS = ("demo.lva.io", "v1", "icecreams")
FINALIZER = "demo.lva.io/finalizer"
SCOOPS = Path("scoops.txt")


@kopf.on.event(*ICECREAMS)
def reconcile(type: str | None, name: str, meta: kopf.Meta, **_: Any) -> None:
    if type == "DELETED":
        return
    finalizers = list(meta.get("finalizers", ()))
    if "deletionTimestamp" not in meta:
        if FINALIZER not in finalizers:
            patch(name, [*finalizers, FINALIZER])
            change(-1)
    elif FINALIZER in finalizers:
        if os.environ.get("GIVE_BACK") == "first":
            change(+1)
            crash()
            patch(name, [other for other in finalizers if other != FINALIZER])
        else:
            patch(name, [other for other in finalizers if other != FINALIZER])
            crash()
            change(+1)
        logging.info("Successfully finalized %s", name)


def patch(name: str, finalizers: list[str]) -> None:
    CustomObjectsApi().patch_cluster_custom_object(*ICECREAMS, name, {"metadata": {"finalizers": finalizers}})


def change(by: int) -> None:
    SCOOPS.write_text(f"{int(SCOOPS.read_text()) + by}\n")


def crash() -> None:
    """End as a process that is out of memory ends: in the middle, and without good-byes."""
    if "CRASH" in os.environ:
        os.kill(os.getpid(), signal.SIGKILL)
