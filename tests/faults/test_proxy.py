"""The proxy without faults: as if it weren't there. And what is left of it afterwards."""

import json
import socket
import ssl
import threading
from pathlib import Path

import psutil
import pytest

from tests.faults.client import MERGE_PATCH, SECRETS, Client, secret
from tests.faults.conftest import Kubectl, Through
from workshop import faults
from workshop.faults import FaultInjector, KubeconfigError
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.cluster import KubectlError


def port(proxy: FaultInjector) -> int:
    server: str = json.loads(proxy.kubeconfig.read_text())["clusters"][0]["cluster"]["server"]
    return int(server.rpartition(":")[2])


def test_an_answer_is_the_same_as_without_it(through: Through, direct: Client) -> None:
    direct.create("vanilla")
    requests = [
        ("GET", SECRETS, None, "application/json"),
        ("GET", f"{SECRETS}/no-such", None, "application/json"),
        ("POST", SECRETS, secret("vanilla"), "application/json"),
        ("PATCH", f"{SECRETS}/vanilla", {"metadata": {"labels": {"a": "b"}}}, MERGE_PATCH),
        ("GET", f"{SECRETS}?labelSelector=a%3Db%2Cc%21%3Dd&limit=1", None, "application/json"),
        ("GET", "/version", None, "application/json"),
        ("GET", "/openapi/v2", None, "application/json"),
        ("GET", "/api/v1/nodes", None, "application/json"),
    ]
    with through() as proxy:
        client = Client(proxy.kubeconfig)
        for request in requests:
            passed, real = client.send(*request), direct.send(*request)
            assert (passed.status, passed.headers["Content-Type"]) == (real.status, real.headers["Content-Type"])
            assert passed.body == real.body or request[0] == "PATCH"
        assert proxy.counts() == {}


def test_a_large_write_passes(through: Through, direct: Client) -> None:
    with through() as proxy:
        assert Client(proxy.kubeconfig).send("POST", SECRETS, secret("big", text="x" * 1_000_000)).status == 201
    assert direct.names() == {"big"}


def test_the_user_is_the_tokens(through: Through, kubectl: Kubectl) -> None:
    with through() as proxy:
        kube = kubectl(proxy.kubeconfig)
        assert "system:serviceaccount:faults:user" in kube.kubectl("auth", "whoami")
        with pytest.raises(KubectlError, match=r"cannot list resource .nodes."):
            kube.kubectl("get", "nodes")


def test_a_user_with_a_client_certificate_stays_that_user(control_plane: ControlPlane, kubectl: Kubectl) -> None:
    with faults.running(control_plane.kubeconfig) as proxy:
        assert control_plane.kubectl("auth", "whoami") == kubectl(proxy.kubeconfig).kubectl("auth", "whoami")


def test_without_the_certificate_nobody_gets_in(control_plane: ControlPlane, user: Path) -> None:
    with faults.running(control_plane.kubeconfig) as proxy:
        stranger = Client(user)
        stranger.config["clusters"] = json.loads(proxy.kubeconfig.read_text())["clusters"]
        with pytest.raises((ssl.SSLError, ConnectionError)):
            stranger.names()


def test_kubectl_writes_reads_and_deletes_through_it(through: Through, kubectl: Kubectl) -> None:
    with through() as proxy:
        kube = kubectl(proxy.kubeconfig)
        kube.kubectl("apply", "-f", "-", stdin=json.dumps(secret("vanilla", scoops="3")))
        assert "vanilla" in kube.kubectl("get", "secrets")
        kube.kubectl("delete", "secret", "vanilla")
        assert [write.verb for write in proxy.writes] == ["create", "delete"]


def test_two_proxies_side_by_side_do_not_meet(through: Through, direct: Client) -> None:
    with through({"conflict": 1}) as one, through({"lost": 1}) as other:
        assert one.kubeconfig != other.kubeconfig
        direct.create("vanilla")
        assert Client(one.kubeconfig).patch("vanilla", scoops="3").status == 409
        with pytest.raises(ConnectionResetError):
            Client(other.kubeconfig).patch("vanilla", scoops="3")
        assert (one.counts(), other.counts()) == ({"conflict": 1}, {"lost": 1})


def test_nothing_is_left_behind(through: Through, user: Path, direct: Client) -> None:
    files, threads = set(user.parent.iterdir()), threading.active_count()
    with through() as proxy, Client(proxy.kubeconfig).watch(direct.version()):
        was = port(proxy)
        assert set(user.parent.iterdir()) == files | {proxy.kubeconfig}
        assert proxy.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert set(user.parent.iterdir()) == files
    assert threading.active_count() == threads
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", was))


def test_only_loopback_is_listened_on(through: Through) -> None:
    with through() as proxy:
        sockets = psutil.Process().net_connections("tcp")
        listening = [each.laddr for each in sockets if each.status == psutil.CONN_LISTEN]
        assert [address.ip for address in listening if address.port == port(proxy)] == ["127.0.0.1"]


def test_an_api_server_that_is_away_is_a_connection_reset(user: Path, tmp_path: Path) -> None:
    config = json.loads(user.read_text())
    with socket.create_server(("127.0.0.1", 0)) as closed:
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{closed.getsockname()[1]}"
    (tmp_path / "kubeconfig").write_text(json.dumps(config))
    with faults.running(tmp_path / "kubeconfig") as proxy, pytest.raises(ConnectionResetError):
        Client(proxy.kubeconfig).names()


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
    ],
)
def test_a_kubeconfig_that_cannot_be_used_is_told(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    with pytest.raises(KubeconfigError, match=message), faults.running(path):
        pass
