"""Who the proxy is to both sides, and which kubeconfigs it can do that with."""

import gc
import json
import ssl
from pathlib import Path

import pytest

from tests.faults.conftest import Kubectl, Through
from tests.faults.plain_client import Client
from workshop import faults
from workshop.faults import KubeconfigError
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import KubectlError

WITHOUT_A_USER = """
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1", certificate-authority-data: ""}}]
users: [{name: u, user: null}]
"""


def test_the_user_is_the_tokens(through: Through, kubectl: Kubectl) -> None:
    with through() as proxy:
        kube = kubectl(proxy.kubeconfig)
        assert "system:serviceaccount:faults:user" in kube.kubectl("auth", "whoami")
        with pytest.raises(KubectlError, match=r"cannot list resource .nodes."):
            kube.kubectl("get", "nodes")


def test_a_user_with_a_client_certificate_stays_that_user(control_plane: ControlPlane, kubectl: Kubectl) -> None:
    with faults.running(control_plane.kubeconfig) as proxy:
        assert control_plane.kubectl("auth", "whoami") == kubectl(proxy.kubeconfig).kubectl("auth", "whoami")


def test_without_the_certificate_nobody_gets_in_and_nothing_is_logged(
    control_plane: ControlPlane, user: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with faults.running(control_plane.kubeconfig) as proxy:
        stranger = Client(user)
        stranger.config["clusters"] = json.loads(proxy.kubeconfig.read_text())["clusters"]
        with pytest.raises((ssl.SSLError, ConnectionError)):
            stranger.names()
    gc.collect()  # what nobody awaited is logged by then
    assert caplog.records == []


def test_the_api_server_is_verified(user: Path, tmp_path: Path, through: Through) -> None:
    config = json.loads(user.read_text())
    with through() as another:
        strange = json.loads(another.kubeconfig.read_text())["clusters"][0]["cluster"]["certificate-authority-data"]
    config["clusters"][0]["cluster"]["certificate-authority-data"] = strange
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    with faults.running(tmp_path / "kubeconfig") as proxy, pytest.raises(ConnectionResetError):
        Client(proxy.kubeconfig).names()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "can't be read"),
        ("{", "isn't a complete kubeconfig"),
        ("[]", "isn't a complete kubeconfig"),
        ("apiVersion: v1\nkind: Config\n", "isn't a complete kubeconfig"),
        (WITHOUT_A_USER, "isn't a complete kubeconfig"),
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(KubeconfigError, match=message), faults.running(path):
        pass


@pytest.mark.parametrize("key", ["client-certificate", "client-key"])
def test_a_kubeconfig_that_names_other_files_is_refused(user: Path, tmp_path: Path, key: str) -> None:
    config = json.loads(user.read_text())
    config["users"][0]["user"] = {key: "/somewhere/user.pem"}
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    with (
        pytest.raises(KubeconfigError, match=r"doesn't embed the user's certificate and key. .*--flatten"),
        faults.running(tmp_path / "kubeconfig"),
    ):
        pass
