"""Where a control plane keeps its files: one folder, every name in it stands here."""

from dataclasses import dataclass
from pathlib import Path

KUBECTL_CACHE = "kubectl-cache"


@dataclass(frozen=True)
class Layout:
    """The folder of one control plane."""

    root: Path

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig, the one that `kubectl` is meant to use."""
        return self.root / "kubeconfig"

    @property
    def kubectl_cache(self) -> Path:
        """What kubectl remembers of the API servers that it has asked."""
        return self.root / KUBECTL_CACHE

    @property
    def existing_cluster_file(self) -> Path:
        """Which existing cluster is used instead, if one is (`providers/existing.py`)."""
        return self.root / "existing.json"

    @property
    def controlplane(self) -> Path:
        """Everything that goes with a reset; the components' working directory, with etcd's data and sockets in it."""
        return self.root / "controlplane"

    @property
    def pki(self) -> Path:
        """CA, certificates and keys."""
        return self.controlplane / "pki"

    @property
    def spec_file(self) -> Path:
        """What the supervisor has to start (`component_flags.py`)."""
        return self.controlplane / "spec.json"

    @property
    def state_file(self) -> Path:
        """What runs: written by the supervisor for everybody else (`state_file.py`)."""
        return self.controlplane / "state.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.controlplane / "supervisor.lock"

    @property
    def start_stop_lock(self) -> Path:
        """Held by whoever starts or ends the control plane, until that is done."""
        return self.controlplane / "start-stop.lock"

    @property
    def logs(self) -> Path:
        """The components' logs."""
        return self.controlplane / "logs"

    @property
    def audit_log(self) -> Path:
        """One JSON object a line (audit.k8s.io/v1 Event)."""
        return self.log("audit")

    def log(self, component: str) -> Path:
        """The log of a component, by its name."""
        return self.logs / f"{component}.log"

    def create(self) -> None:
        """Make the folders, for the user's eyes only."""
        for folder in (self.root, self.controlplane, self.pki, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def remove_kubeconfigs(self) -> None:
        """Remove the admin's kubeconfig and those of the operators."""
        for kubeconfig in self.root.glob("*kubeconfig"):
            kubeconfig.unlink()
