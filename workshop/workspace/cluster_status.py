"""The state of a workspace's cluster as plain values, and as lines to read."""

import contextlib
from typing import Any

import psutil

from workshop.controlplane import state_file
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import existing, local
from workshop.workspace import home

_ABSENT = "no kubelet and no scheduler: Pods stay Pending"
_EXPECTED = ("etcd", "kube-apiserver", "kube-controller-manager")


def status(layout: Layout) -> dict[str, Any]:
    """What there is to say: provider, state (`ready`, `not ready`, `down`, `failed`), processes, what is missing."""
    if used := existing.used(layout):
        state = "ready" if home.cluster(layout).answers() else "not ready"
        return {"provider": "existing", "state": state, **used, "kubeconfig": str(layout.kubeconfig)}
    told = state_file.read(layout.run_file)
    failure = local.failure(layout)
    if told is None or not local.is_running(layout):
        state = "failed" if failure else "down"
        return {"provider": "local", "state": state, "failure": str(failure) if failure else None}
    return {
        "provider": "local",
        "state": "ready" if local.is_healthy(layout) else "not ready",
        "server": told.server,
        "kubeconfig": str(layout.kubeconfig),
        "components": {name: _process(process) for name, process in told.components.items()},
        "supervisor": _process(told.supervisor),
        "missing": [name for name in _EXPECTED if name not in told.components],
        "absent": _ABSENT,
    }


def text(told: dict[str, Any]) -> str:
    """The same, as lines to read."""
    if told["provider"] == "existing":
        return f"Uses the existing cluster of the context {told['context']}, {told['state']}: {told['server']}\n"
    if "components" not in told:
        return f"{told['failure'] or 'No control plane is up.'}\nStart it: make up\n"
    lines = [f"The control plane is {told['state']}: {told['server']}"]
    for name, process in told["components"].items():
        lines.append(f"  {name:<24} process {process['pid']:<8} {process['megabytes']:>4} MB")
    if "kube-controller-manager" in told["missing"]:
        lines.append("  kube-controller-manager  missing: no garbage collection, namespaces don't go (workshop doctor)")
    lines += [f"There is {told['absent']}.", f"KUBECONFIG is {told['kubeconfig']}"]
    return "\n".join(lines) + "\n"


def _process(process: state_file.ProcessId) -> dict[str, Any]:
    megabytes = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        megabytes = round(psutil.Process(process.pid).memory_info().rss / 1e6)
    return {"pid": process.pid, "megabytes": megabytes}
