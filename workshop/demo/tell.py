"""Where a story is told: on a temporary control plane, on the workspace's, or on the user's existing cluster."""

import contextlib
import importlib
import pkgutil
import time
from collections.abc import Callable, Iterator

from rich.console import Console

from workshop.controlplane.errors import ControlPlaneError
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import existing, local
from workshop.controlplane.temporary import temporary
from workshop.demo import steps
from workshop.demo.story import Story
from workshop.workspace import home
from workshop.workspace.cluster import Cluster


def tell(layout: Layout, console: Console, pause: Callable[[], None], *, keep: bool) -> None:
    """Tell all steps.

    Raises:
        StoryError: a step didn't come out as told.
        ControlPlaneError: there is no cluster to tell it on.
        BinariesMissing: a program is missing and can't be had.
    """
    with _cluster(layout, console, keep=keep) as cluster, contextlib.ExitStack() as at_exit:
        story = Story(cluster, console, pause)
        at_exit.callback(story.end)
        for module in sorted(found.name for found in pkgutil.iter_modules(steps.__path__)):
            importlib.import_module(f"{steps.__name__}.{module}").tell(story)


@contextlib.contextmanager
def _cluster(layout: Layout, console: Console, *, keep: bool) -> Iterator[Cluster]:
    if used := existing.used(layout):
        console.print(f"On the existing cluster of the context {used['context']}: {used['server']}")
        yield home.cluster(layout)
        return
    programs = home.programs()
    began = time.monotonic()
    console.print("Starting etcd, kube-apiserver and kube-controller-manager ...")
    if keep:
        if layout.home.exists():
            raise ControlPlaneError(
                "The demo wants an empty control plane, and this workspace has one already: "
                "workshop down, workshop reset, and then again."
            )
        local.up(layout, programs)
        console.print(f"Up after {time.monotonic() - began:.1f} s.")
        yield Cluster(layout.root, layout.kubeconfig, programs["kubectl"])
        return
    with temporary(programs) as (at, _):
        console.print(f"Up after {time.monotonic() - began:.1f} s.")
        yield Cluster(at.root, at.kubeconfig, programs["kubectl"])
