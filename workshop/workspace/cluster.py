"""A Kubernetes API as the rest of the workshop sees it, whichever provider it comes from: a kubeconfig and kubectl."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.controlplane.layout import KUBECTL_CACHE

CHECKOUT = Path(__file__).resolve().parents[2]


class KubectlError(Exception):
    """kubectl said no; the message is kubectl's own."""


@dataclass(frozen=True)
class Cluster:
    """A cluster, by the admin's kubeconfig. `folder` is where kubeconfigs of operators may be put."""

    folder: Path
    kubeconfig: Path
    kubectl_path: Path

    @property
    def kubectl_cache(self) -> Path:
        """What kubectl remembers for hours: which kinds an address serves. Addresses come back, so it is ours alone."""
        return self.folder / KUBECTL_CACHE

    def kubectl(self, *arguments: str, stdin: str | None = None, check: bool = True) -> str:
        """Run kubectl as the admin, from the root of the checkout, and return what it printed.

        Raises:
            KubectlError: it ended with another exit code than 0, unless `check` is False.
        """
        done = subprocess.run(
            [self.kubectl_path, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd=CHECKOUT,
            env=self.environment(),
        )
        if check and done.returncode:
            raise KubectlError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout if check else done.stdout + done.stderr

    def get(self, *arguments: str) -> dict[str, Any]:
        """What `kubectl get … -o json` returns."""
        answer: dict[str, Any] = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        return answer

    def is_ready(self) -> bool:
        """Whether the API server says that it is ready."""
        return self.kubectl("get", "--raw=/readyz", "--request-timeout=5s", check=False) == "ok"

    def environment(self, base: Mapping[str, str] = os.environ) -> dict[str, str]:
        """`base` and the variables with which a shell uses this cluster; our kubectl and Python are first on PATH."""
        ours = [self.kubectl_path.parent, Path(sys.executable).parent]
        path = os.pathsep.join([*map(str, ours), base.get("PATH", os.defpath)])
        return {**base, "KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.kubectl_cache), "PATH": path}
