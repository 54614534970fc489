"""A control plane of a test run's own: a cluster whose components and files a test may also get at."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from reconciling import httpproxy
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


@contextlib.contextmanager
def running_control_plane() -> Iterator[ControlPlane]:
    """A fresh control plane, gone at the end of the `with`; from now on, every client of this process may reach it."""
    httpproxy.exempt_loopback()
    programs = home.programs()
    with temporary_control_plane(programs) as (layout, components):
        yield ControlPlane(layout.root, layout.kubeconfig, programs["kubectl"], layout, components)
