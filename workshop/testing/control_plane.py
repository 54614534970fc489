"""A control plane of a test run's own: a cluster whose components and audit log a test may also get at."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workshop.controlplane.components import Components
from workshop.controlplane.layout import Layout
from workshop.controlplane.temporary import temporary_control_plane
from workshop.workspace import home
from workshop.workspace.cluster import Cluster


@dataclass(frozen=True)
class ControlPlane(Cluster):
    """A temporary control plane."""

    layout: Layout
    components: Components

    def audit_events(self) -> Iterator[dict[str, Any]]:
        """What the API server has written down so far (audit.k8s.io/v1 Events), oldest first."""
        whole, _, _half_written = self.layout.audit_log.read_text().rpartition("\n")
        for line in whole.splitlines():
            yield json.loads(line)


@contextlib.contextmanager
def running_control_plane() -> Iterator[ControlPlane]:
    """A fresh control plane, gone at the end of the `with`."""
    programs = home.programs()
    with temporary_control_plane(programs) as (layout, components):
        yield ControlPlane(layout.root, layout.kubeconfig, programs["kubectl"], layout, components)
