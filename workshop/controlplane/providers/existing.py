"""The provider `existing`: a cluster that the user has already, by a context of the user's own kubeconfig.

The context is copied into the workspace, so nothing later depends on, or touches, the user's file. Nothing is written
to the cluster here; `cli/up.py` asks before anything is.
"""

import json
import os
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workshop.controlplane import kubeconfig
from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import local


@dataclass(frozen=True)
class Context:
    """A context of the user's: its name, and the API server's URL."""

    name: str
    server: str


@dataclass(frozen=True)
class ExistingCluster:
    """What the user has: a context, the version that its API server answers, and a kubeconfig of just that context."""

    context: Context
    version: str
    kubeconfig: dict[str, Any]


def find(context: str, kubectl: Path) -> ExistingCluster:
    """Find `context` in the user's kubeconfig (the variable KUBECONFIG, else `~/.kube/config`) and ask its server.

    Raises:
        ControlPlaneError: no such context, or its server doesn't answer; with kubectl's own words.
    """
    view = _kubectl(kubectl, "config", "view", "--raw", "--minify", "--flatten", f"--context={context}", "-o", "json")
    config: dict[str, Any] = json.loads(view)
    version = json.loads(_kubectl(kubectl, "version", f"--context={context}", "--request-timeout=10s", "-o", "json"))
    server = config["clusters"][0]["cluster"]["server"]
    return ExistingCluster(Context(context, server), version["serverVersion"]["gitVersion"], config)


def use(layout: Layout, cluster: ExistingCluster) -> None:
    """Make `cluster` the workspace's own.

    Raises:
        ControlPlaneError: the workspace has a control plane of its own running.
    """
    if local.is_running(layout):
        raise ControlPlaneError("This workspace's own control plane is running. End it first: workshop down")
    layout.create()
    kubeconfig.write(layout.kubeconfig, cluster.kubeconfig)
    layout.existing_cluster_file.write_text(json.dumps(asdict(cluster.context)) + "\n")


def current_context(layout: Layout) -> Context | None:
    """The context of the existing cluster that the workspace uses, if it uses one."""
    try:
        return Context(**json.loads(layout.existing_cluster_file.read_text()))
    except FileNotFoundError:
        return None


def forget(layout: Layout) -> None:
    """Leave the existing cluster alone again; what was written there stays there."""
    layout.existing_cluster_file.unlink(missing_ok=True)
    layout.remove_kubeconfigs()


def _kubectl(kubectl: Path, *arguments: str) -> str:
    done = subprocess.run([kubectl, *arguments], capture_output=True, text=True, check=False, env=os.environ)
    if done.returncode:
        raise ControlPlaneError(done.stderr.strip())
    return done.stdout
