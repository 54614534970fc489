"""The workspace: the folder `.workshop` of this checkout, and whichever cluster it uses at the moment."""

import os
from collections.abc import Mapping
from pathlib import Path

from workshop import binaries
from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import existing, local
from workshop.workspace.cluster import CHECKOUT, Cluster

REQUIRED = ("etcd", "kube-apiserver", "kubectl")
OPTIONAL = ("kube-controller-manager",)
TEMPORARY_CLUSTER = "WORKSHOP_TEMPORARY_CLUSTER"


def layout(env: Mapping[str, str] = os.environ) -> Layout:
    """Where the workspace keeps its state: WORKSHOP_HOME, else `.workshop` in the checkout."""
    return Layout(Path(env.get("WORKSHOP_HOME") or CHECKOUT / ".workshop").resolve())


def programs() -> dict[str, Path]:
    """The programs of a control plane and kubectl, fetched if they aren't there yet.

    Raises:
        BinariesMissing: one that is needed can't be had; the message says what to do.
    """
    return binaries.ensure(REQUIRED, binaries.Reporter(), optional=OPTIONAL)


def current_cluster(layout: Layout) -> Cluster:
    """The cluster that the workspace uses; or that whose folder TEMPORARY_CLUSTER names, as in a demo.

    Raises:
        ControlPlaneError: none is up; the message says why, if it ended by itself, and what to type.
        BinariesMissing: there is no kubectl, and none can be had.
    """
    if folder := os.environ.get(TEMPORARY_CLUSTER):
        layout = Layout(Path(folder))
    elif not existing.current_context(layout) and not local.is_running(layout):
        failure = local.failure(layout)
        raise ControlPlaneError(f"{failure or 'No control plane is up.'}\nStart it: make up")
    kubectl = binaries.ensure(["kubectl"], binaries.Reporter())["kubectl"]
    return Cluster(layout.root, layout.kubeconfig, kubectl)
