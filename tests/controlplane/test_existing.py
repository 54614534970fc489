"""The provider `existing`, with one of our own control planes playing the user's cluster."""

import re
from pathlib import Path

import pytest

from tests.controlplane.conftest import Workspace
from workshop.testing.control_plane import ControlPlane


@pytest.fixture
def kubeconfig(control_plane: ControlPlane, tmp_path: Path) -> Path:
    """The user's own kubeconfig, with a context `kind-icecream`."""
    path = tmp_path / "users-kubeconfig"
    path.write_text(control_plane.kubeconfig.read_text())
    control_plane.kubectl("config", "rename-context", "workshop", "kind-icecream", f"--kubeconfig={path}")
    return path


_UP = ("up", "--provider", "existing", "--context", "kind-icecream")


def test_it_shows_which_cluster_it_is_and_asks_first(workspace: Workspace, kubeconfig: Path) -> None:
    done = workspace.workshop(*_UP, stdin="n\n", KUBECONFIG=str(kubeconfig))
    assert "kind-icecream: https://127.0.0.1:" in done.stdout
    assert "Use this cluster? [y/N]" in done.stdout
    assert done.returncode == 130
    assert not workspace.layout.root.exists()


def test_it_is_used_like_any_other(workspace: Workspace, kubeconfig: Path, control_plane: ControlPlane) -> None:
    before = kubeconfig.read_text()
    assert workspace.workshop(*_UP, "--yes", KUBECONFIG=str(kubeconfig)).returncode == 0
    assert "existing cluster of the context kind-icecream, ready" in workspace.workshop("status").stdout
    assert f"export KUBECONFIG={workspace.layout.kubeconfig}" in workspace.workshop("env").stdout
    assert "its data isn't ours to forget" in workspace.workshop("reset").stderr
    assert "Leave it first: workshop down" in workspace.workshop("up").stderr
    assert "nothing was deleted there" in workspace.workshop("down").stdout
    assert not workspace.layout.kubeconfig.exists()
    assert kubeconfig.read_text() == before
    assert control_plane.get("namespace", "default")


def test_a_context_that_isnt_there_is_said_in_kubectls_words(workspace: Workspace, kubeconfig: Path) -> None:
    done = workspace.workshop("up", "--provider", "existing", "--context", "nowhere", KUBECONFIG=str(kubeconfig))
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_cluster_that_doesnt_answer_is_said_too(workspace: Workspace, kubeconfig: Path) -> None:
    kubeconfig.write_text(re.sub(r"https://127\.0\.0\.1:\d+", "https://127.0.0.1:1", kubeconfig.read_text()))
    done = workspace.workshop(*_UP, "--yes", KUBECONFIG=str(kubeconfig))
    assert done.returncode == 1
    assert "refused" in done.stderr


def test_without_a_context_the_mistake_is_named(workspace: Workspace) -> None:
    done = workspace.workshop("up", "--provider", "existing")
    assert done.returncode == 2
    assert "kubectl config get-contexts" in done.stderr
