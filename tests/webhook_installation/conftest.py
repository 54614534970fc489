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
def cluster(serving_icecreams: ControlPlane, tmp_path: Path) -> Iterator[Cluster]:
    """The cluster, with a folder of the test's own."""
    yield Cluster(tmp_path, serving_icecreams.kubeconfig, serving_icecreams.kubectl_path)
    written = f"validatingwebhookconfiguration/{CONFIGURATION}", f"service/{SERVICE}", f"configmap/{MENU}"
    serving_icecreams.kubectl("delete", "--ignore-not-found", f"-n={NAMESPACE}", *written)
