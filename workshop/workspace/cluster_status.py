"""The state of a workspace's cluster as plain values, and as lines to read."""

import contextlib
from typing import Any

import psutil

from workshop.controlplane import state_file
from workshop.controlplane.layout import Layout
from workshop.controlplane.providers import existing, local
from workshop.workspace import home

_ABSENT = "no kubelet and no scheduler: Pods stay Pending"
_DOWN = {"provider": "local", "state": "down", "failure": None}
_EXPECTED = ("etcd", "kube-apiserver", "kube-controller-manager")


def read(layout: Layout) -> dict[str, Any]:
    """What there is to say: provider, state (`ready`, `not ready`, `down`, `failed`), processes, what is missing."""
    if context := existing.current_context(layout):
        return {
            "provider": "existing",
            "state": _readiness(layout),
            "context": context.name,
            "server": context.server,
            "kubeconfig": str(layout.kubeconfig),
        }
    state = state_file.read(layout.state_file)
    if state is None or not local.is_running(layout):
        failure = local.failure(layout)
        return {"provider": "local", "state": "failed", "failure": str(failure)} if failure else _DOWN
    return {
        "provider": "local",
        "state": _readiness(layout),
        "server": state.server,
        "kubeconfig": str(layout.kubeconfig),
        "components": {name: _process(process) for name, process in state.components.items()},
        "supervisor": _process(state.supervisor),
        "missing": [name for name in _EXPECTED if name not in state.components],
        "absent": _ABSENT,
    }


def as_text(status: dict[str, Any]) -> str:
    """The same, as lines to read."""
    if status["provider"] == "existing":
        return f"Uses the existing cluster of the context {status['context']}, {status['state']}: {status['server']}"
    if "components" not in status:
        return f"{status['failure'] or 'No control plane is up.'}\nStart it: make up"
    lines = [f"The control plane is {status['state']}: {status['server']}"]
    for name, process in status["components"].items():
        lines.append(f"  {name:<24} process {process['pid']:<8} {process['megabytes']:>4} MB")
    if "kube-controller-manager" in status["missing"]:
        lines.append("  kube-controller-manager  missing: no garbage collection, namespaces don't go (workshop doctor)")
    lines += [f"There is {status['absent']}.", f"KUBECONFIG is {status['kubeconfig']}"]
    return "\n".join(lines)


def _readiness(layout: Layout) -> str:
    return "ready" if home.current_cluster(layout).is_ready() else "not ready"


def _process(process: state_file.ProcessId) -> dict[str, Any]:
    megabytes = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        megabytes = round(psutil.Process(process.pid).memory_info().rss / 1e6)
    return {"pid": process.pid, "megabytes": megabytes}
