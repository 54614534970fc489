"""The demo as a whole: all steps, on a temporary control plane, the workspace's, or an existing cluster."""

import contextlib
import importlib
import pkgutil
import time
from collections.abc import Callable, Iterator

from rich.console import Console

from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import existing, local
from workshop.controlplane.temporary import temporary_control_plane
from workshop.demo import steps
from workshop.demo.presenter import Presenter
from workshop.workspace import home
from workshop.workspace.cluster import Cluster


def present_all(layout: Layout, console: Console, pause: Callable[[], None], *, keep: bool) -> None:
    """Present all steps, on the existing cluster that the workspace uses, or else on a fresh control plane.

    `keep` makes that the workspace's own, and leaves it up; `pause` is called before each step but the first.

    Raises:
        DemoError: a step didn't come out as expected.
        ControlPlaneError: there is no cluster for it.
        BinariesMissing: a program is missing and can't be had.
    """
    with _cluster(layout, console, keep=keep) as cluster, contextlib.ExitStack() as at_exit:
        presenter = Presenter(cluster, console, pause)
        at_exit.callback(presenter.end)
        for name in sorted(module.name for module in pkgutil.iter_modules(steps.__path__)):
            module = importlib.import_module(f"{steps.__name__}.{name}")
            if existing.current_context(layout) and hasattr(module, "WHY_NOT_ON_AN_EXISTING_CLUSTER"):
                console.print(f"\n{module.WHY_NOT_ON_AN_EXISTING_CLUSTER}")
            else:
                module.present(presenter)


@contextlib.contextmanager
def _cluster(layout: Layout, console: Console, *, keep: bool) -> Iterator[Cluster]:
    if context := existing.current_context(layout):
        console.print(f"On the existing cluster of the context {context.name}: {context.server}")
        yield home.current_cluster(layout)
        return
    if keep and layout.controlplane.exists():
        raise ControlPlaneError(
            "The demo wants an empty control plane, and this workspace has one already: "
            "workshop down, workshop reset, and then again."
        )
    programs = home.programs()
    began = time.monotonic()
    console.print("Starting etcd, kube-apiserver and kube-controller-manager ...")
    with contextlib.ExitStack() as at_exit:
        if keep:
            local.up(layout, programs)
        else:
            layout, _ = at_exit.enter_context(temporary_control_plane(programs))
        console.print(f"Up after {time.monotonic() - began:.1f} s.")
        yield Cluster(layout.root, layout.kubeconfig, programs["kubectl"])
