"""The proxy without faults: as if it weren't there. And what is left of it afterwards."""

import base64
import contextlib
import datetime
import gc
import json
import re
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psutil
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from tests.faults.conftest import Kubectl, Through
from tests.faults.plain_client import MERGE_PATCH, SECRETS, Client, Reply, secret
from tests.proxies import DEAD_PROXIES, connect_proxy, set_proxies
from workshop import faults
from workshop.controlplane import certificates, kubeconfig
from workshop.faults import InjectedFault
from workshop.faults.upstream import connect
from workshop.system.polling import eventually


def own_sockets() -> set[tuple[Any, str]]:
    """Address and status of the TCP sockets that this process has open."""
    return {(connection.laddr, connection.status) for connection in psutil.Process().net_connections("tcp")}


def without_version(reply: Reply) -> bytes:
    """Its body without resourceVersions: a list has that of the whole store, which somebody may have written to."""
    return re.sub(rb'"resourceVersion":"\d+"', b"", reply.body)


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
            assert without_version(passed) == without_version(real)
        assert proxy.counts() == {}


def test_an_api_server_on_loopback_is_reached_whatever_proxy_there_is(
    through: Through, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxies(monkeypatch, **DEAD_PROXIES)
    with through() as proxy:
        assert Client(proxy.kubeconfig).send("GET", "/version").status == 200


async def test_any_other_is_reached_through_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connect_proxy(None) as proxy:
        set_proxies(monkeypatch, HTTPS_PROXY=proxy.url)
        async with connect("https://cluster.invalid:6443", ssl.create_default_context()) as upstream:
            with pytest.raises(aiohttp.ClientError):
                await upstream.send("GET", "/version", CIMultiDictProxy(CIMultiDict()), b"").__aenter__()
        assert proxy.asked == ["cluster.invalid:6443"]


def test_an_answer_is_never_compressed_so_that_faults_find_their_place_in_it(through: Through, direct: Client) -> None:
    direct.send("POST", SECRETS, secret("big", text="x" * 200_000))
    gzip = {"Accept-Encoding": "gzip"}
    assert direct.send("GET", SECRETS, **gzip).headers["Content-Encoding"] == "gzip"
    with through() as proxy:
        assert Client(proxy.kubeconfig).send("GET", SECRETS, **gzip).headers["Content-Encoding"] is None


def test_the_upstream_gets_its_own_name_as_host_and_its_redirects_pass(tmp_path: Path) -> None:
    now = datetime.datetime.now(datetime.UTC)
    ca = certificates.authority(tmp_path, now)
    pair = certificates.serving(ca, "upstream", ["127.0.0.1"], now)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(pair.cert, pair.key)
    with HTTPServer(("127.0.0.1", 0), _Redirect) as upstream, ThreadPoolExecutor() as pool:
        upstream.socket = tls.wrap_socket(upstream.socket, server_side=True)
        address = f"127.0.0.1:{upstream.server_port}"
        cluster = {
            "server": f"https://{address}",
            "certificate-authority-data": base64.b64encode(ca.pair.cert.read_bytes()).decode(),
        }
        kubeconfig.write(tmp_path / "kubeconfig", kubeconfig.with_token(cluster, "token", "default"))
        with faults.running(tmp_path / "kubeconfig") as proxy:
            pool.submit(upstream.handle_request)
            reply = Client(proxy.kubeconfig).send("GET", "/")
    assert (reply.status, reply.headers["Location"]) == (302, f"https://{address}/elsewhere")


class _Redirect(BaseHTTPRequestHandler):
    """Says in a redirect as which host it was addressed."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", f"https://{self.headers['Host']}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_a_large_write_passes(through: Through, direct: Client) -> None:
    with through() as proxy:
        assert Client(proxy.kubeconfig).send("POST", SECRETS, secret("big", text="x" * 1_000_000)).status == 201
    assert direct.names() == {"big"}


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
    files, threads, sockets = set(user.parent.iterdir()), threading.active_count(), own_sockets()
    with through() as proxy, Client(proxy.kubeconfig).watch(direct.version()):
        assert set(user.parent.iterdir()) == files | {proxy.kubeconfig}
        assert proxy.kubeconfig.stat().st_mode & 0o777 == 0o600
    assert set(user.parent.iterdir()) == files
    assert threading.active_count() == threads
    assert own_sockets() == sockets


def test_connections_that_come_as_it_ends_are_closed(through: Through) -> None:
    with contextlib.ExitStack() as stack:
        with through() as proxy:
            server = urlsplit(json.loads(proxy.kubeconfig.read_text())["clusters"][0]["cluster"]["server"])
            for _ in range(100):
                stack.enter_context(socket.create_connection((server.hostname, server.port)))
        gc.collect()  # a socket that was left open warns, and so fails this test


def test_only_loopback_is_listened_on(through: Through) -> None:
    before = own_sockets()
    with through():
        assert [address.ip for address, status in own_sockets() - before if status == psutil.CONN_LISTEN] == [
            "127.0.0.1"
        ]


def test_an_api_server_that_is_away_is_a_connection_reset(user: Path, tmp_path: Path) -> None:
    config = json.loads(user.read_text())
    with socket.socket() as not_listening:
        not_listening.bind(("127.0.0.1", 0))
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{not_listening.getsockname()[1]}"
        (tmp_path / "kubeconfig").write_text(json.dumps(config))
        with faults.running(tmp_path / "kubeconfig") as proxy, pytest.raises(ConnectionResetError):
            Client(proxy.kubeconfig).names()


def test_a_failure_of_its_own_does_not_pass_for_an_injected_fault(through: Through, direct: Client) -> None:
    def fail(_fault: InjectedFault) -> None:
        raise LookupError("a mistake in the callback")

    def create() -> None:
        with through({"throttled": 1}, on_injected=fail) as proxy:
            with pytest.raises(ConnectionResetError):
                Client(proxy.kubeconfig).create("a")
            eventually(_assert_ended)  # so leaving the `with` finds nothing to end

    with pytest.raises(LookupError, match="a mistake in the callback"):
        create()
    assert direct.names() == set()


def _assert_ended() -> None:
    assert "faults" not in {thread.name for thread in threading.enumerate()}
