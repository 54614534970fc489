"""The status in words: what a person reads who wants to know why something doesn't work."""

from typing import Any

from workshop.workspace import cluster_status

_READY: dict[str, Any] = {
    "provider": "local",
    "state": "ready",
    "server": "https://127.0.0.1:6443",
    "kubeconfig": "/kubeconfig",
    "components": {"etcd": {"pid": 7, "megabytes": 45}},
    "missing": [],
    "absent": "no scheduler",
}


def test_each_component_is_named_with_its_process_and_memory() -> None:
    lines = cluster_status.as_text(_READY).splitlines()
    assert lines[0] == "The control plane is ready: https://127.0.0.1:6443"
    assert lines[1].split() == ["etcd", "process", "7", "45", "MB"]
    assert lines[-1] == "KUBECONFIG is /kubeconfig"


def test_what_a_missing_controller_manager_means_is_said() -> None:
    assert "missing" not in cluster_status.as_text(_READY)
    without = cluster_status.as_text({**_READY, "missing": ["kube-controller-manager"]})
    assert "kube-controller-manager  missing: no garbage collection" in without


def test_why_it_ended_by_itself_is_said_and_what_to_type() -> None:
    text = cluster_status.as_text({"provider": "local", "state": "failed", "failure": "etcd ended with exit code 1."})
    assert text == "etcd ended with exit code 1.\nStart it: make up"
