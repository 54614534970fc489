"""A cluster as the rest of the workshop sees it: by kubectl, and by the variables with which a shell uses it."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workshop.testing.control_plane import ControlPlane
from workshop.workspace import home
from workshop.workspace.cluster import CHECKOUT, Cluster, KubectlError

_NOBODY = "https://127.0.0.1:1"


def test_what_kubectl_refuses_is_said_in_its_own_words(control_plane: ControlPlane) -> None:
    with pytest.raises(KubectlError, match=r'^kubectl get namespace nowhere: .*namespaces "nowhere" not found$'):
        control_plane.kubectl("get", "namespace", "nowhere")


def test_without_a_check_a_refusal_is_what_was_printed(control_plane: ControlPlane) -> None:
    assert "NotFound" in control_plane.kubectl("get", "namespace", "nowhere", check=False)


def test_kubectl_reads_what_it_is_given_and_runs_in_the_checkout(
    control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    manifest = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "unused"}}'
    assert "unused" in control_plane.kubectl("create", "-f", "-", "--dry-run=client", stdin=manifest)
    assert control_plane.kubectl("create", "configmap", "unused", "--from-file=README.md", "--dry-run=client")


def test_a_cluster_that_answers_is_ready_and_one_that_is_gone_is_not(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    assert control_plane.is_ready()
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text(control_plane.kubeconfig.read_text().replace(control_plane.components.spec.server, _NOBODY))
    assert not replace(control_plane, kubeconfig=nowhere).is_ready()


def test_a_shell_finds_our_kubectl_and_python_first_and_keeps_its_other_variables(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path, tmp_path / "kubeconfig", tmp_path / "bin" / "kubectl")
    variables = cluster.environment({"PATH": "/usr/bin", "EDITOR": "vi"})
    ours = [str(tmp_path / "bin"), str(Path(sys.executable).parent)]
    assert variables == {
        "EDITOR": "vi",
        "PATH": os.pathsep.join([*ours, "/usr/bin"]),
        "KUBECONFIG": str(tmp_path / "kubeconfig"),
        "KUBECACHEDIR": str(tmp_path / "kubectl-cache"),
    }


def test_the_workspace_is_in_the_checkout_or_where_workshop_home_says(tmp_path: Path) -> None:
    assert home.layout({}).root == CHECKOUT / ".workshop"
    assert home.layout({"WORKSHOP_HOME": str(tmp_path)}).root == tmp_path
