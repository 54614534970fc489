"""Where a control plane keeps its things: one folder, every name in it stands here."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folder of one control plane."""

    root: Path

    @property
    def kubeconfig(self) -> Path:
        """The admin's kubeconfig, the one that `kubectl` is meant to use."""
        return self.root / "kubeconfig"

    @property
    def pki(self) -> Path:
        """CA, certificates and keys."""
        return self.home / "pki"

    @property
    def home(self) -> Path:
        """Everything but the kubeconfigs; etcd's data and sockets are in here."""
        return self.root / "controlplane"

    @property
    def run_file(self) -> Path:
        """What runs: written by the supervisor for everybody else (`record.py`)."""
        return self.home / "run.json"

    @property
    def existing_file(self) -> Path:
        """Which existing cluster is used instead, if one is (`existing.py`)."""
        return self.root / "existing.json"

    @property
    def plan_file(self) -> Path:
        """What the supervisor has to start (`plan.py`)."""
        return self.home / "plan.json"

    @property
    def supervisor_lock(self) -> Path:
        """Held by the supervisor as long as it lives."""
        return self.home / "supervisor.lock"

    @property
    def audit_log(self) -> Path:
        """One JSON object a line (audit.k8s.io/v1 Event)."""
        return self.log("audit")

    def log(self, name: str) -> Path:
        """The log of the component `name`."""
        return self.home / "logs" / f"{name}.log"

    def create(self) -> None:
        """Make the folders, for the user's eyes only."""
        for folder in (self.root, self.home, self.pki, self.log("x").parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def packaged(name: str) -> Path:
    """A configuration file that lies beside this module."""
    with resources.as_file(resources.files(__package__) / name) as path:
        return path
