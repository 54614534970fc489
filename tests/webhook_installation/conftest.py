"""A control plane that serves icecreams, and asks nobody about them once a test is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane
from workshop.webhook.configuration import CONFIGURATION, MENU, NAMESPACE, SERVICE
from workshop.workspace.cluster import Cluster


@pytest.fixture(scope="session")
def serving_icecreams(control_plane: ControlPlane) -> ControlPlane:
    crd.establish(control_plane)
    return control_plane


@pytest.fixture
def fresh(fresh_control_plane: ControlPlane) -> ControlPlane:
    """A control plane for one that binds a policy to a ConfigMap: it won't see ConfigMaps change once that is deleted.

    See kubernetes/kubernetes#130887.
    """
    crd.establish(fresh_control_plane)
    return fresh_control_plane


@pytest.fixture
def cluster(serving_icecreams: ControlPlane, tmp_path: Path) -> Iterator[Cluster]:
    """The cluster, with a folder of the test's own."""
    yield Cluster(tmp_path, serving_icecreams.kubeconfig, serving_icecreams.kubectl_path)
    written = f"validatingwebhookconfiguration/{CONFIGURATION}", f"service/{SERVICE}", f"configmap/{MENU}"
    serving_icecreams.kubectl("delete", "--ignore-not-found", f"-n={NAMESPACE}", *written)
