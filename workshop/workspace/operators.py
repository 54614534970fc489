"""Which operators the workshop can start, and as whom: each is a process with the service account of its manifests.

The operators are programs like any other here: what they do is their own business, and nothing imports them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop.controlplane import kubeconfig
from workshop.system import processes
from workshop.workspace.cluster import Cluster

FREEZER_URL = "FREEZER_URL"  # the variable of the operator's option --freezer-url
_A_WEEK = "168h"  # longer than anybody leaves a workshop running


@dataclass(frozen=True)
class Operator:
    """An operator: its Python module, and its service account as `kubectl apply -k <manifests>` makes it."""

    name: str
    module: str
    manifests: str
    namespace: str
    service_account: str

    @property
    def username(self) -> str:
        """As whom the API server knows it, in RBAC and in the audit log."""
        return f"system:serviceaccount:{self.namespace}:{self.service_account}"


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator(
            name="operator",
            module="icecream_operator",
            manifests="deploy/operator",
            namespace="demooperator-system",
            service_account="demooperator-controller-manager",
        ),
        Operator(
            name="certmanager",
            module="certmanager",
            manifests="deploy/certmanager",
            namespace="cert-manager",
            service_account="cert-manager",
        ),
    )
}


def log_in(operator: Operator, cluster: Cluster) -> Path:
    """Give `operator` its service account and roles in `cluster`, and return a kubeconfig with a token for it.

    The same token as in a Pod (TokenRequest), so a rule that is missing in `deploy/` is missing here too.

    Raises:
        KubectlError: the manifests couldn't be applied, or the token wasn't given.
    """
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", operator.manifests)
    token = cluster.kubectl(
        "create",
        "token",
        operator.service_account,
        f"--namespace={operator.namespace}",
        f"--duration={_A_WEEK}",
    )
    admin = json.loads(cluster.kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    path = cluster.folder / f"{operator.name}.kubeconfig"
    kubeconfig.write(path, kubeconfig.with_token(admin["clusters"][0]["cluster"], token.strip(), operator.namespace))
    return path


def start(operator: Operator, cluster: Cluster, *arguments: str) -> subprocess.Popen[bytes]:
    """Start it as its own service account, its output in a log in the cluster's folder. Whoever starts it ends it.

    Raises:
        KubectlError: it couldn't be given its service account.
    """
    environment = {**environment_of(log_in(operator, cluster), cluster.folder), "PYTHONUNBUFFERED": "1"}
    log = cluster.folder / f"{operator.name}.log"
    return processes.start(command(operator, *arguments), log=log, env=environment)


def environment_of(kubeconfig: Path, folder: Path, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`base` and an operator's own variables: its identity, and a database in `folder`, unless `base` names one."""
    return {FREEZER_URL: f"sqlite:///{folder / 'freezer.db'}", **base, "KUBECONFIG": str(kubeconfig)}


def command(operator: Operator, *arguments: str) -> list[str]:
    """How to start it as a process; its identity comes by the variable KUBECONFIG."""
    return [sys.executable, "-m", operator.module, *arguments]
