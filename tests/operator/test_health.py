"""The endpoints of the running operator, as kubelet asks them."""

import http.client
import re
import socket
import urllib.error
import urllib.request

from tests.operator.shop import create, eventually_ready
from tests.operator.test_start import run
from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop

FREE = "127.0.0.1:0"


def address(operator: OperatorProcess, path: str) -> str:
    """Where the operator says that it serves `path`."""

    def look() -> str:
        match = re.search(rf"Serving .*{path}.* on (http://\S+)", operator.output())
        assert match, operator.output()
        return match[1] + path

    return eventually(look)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_it_is_alive_at_once_and_ready_after_the_first_complete_list(fresh_shop: Shop) -> None:
    with fresh_shop.operator(f"--health-probe-bind-address={FREE}") as operator:
        assert status(address(operator, "/healthz")) == http.client.OK
        assert status(address(operator, "/readyz")) == http.client.SERVICE_UNAVAILABLE  # there is no CRD
        crd.establish(fresh_shop.cluster)
        eventually(lambda: _is_ready(operator))


def _is_ready(operator: OperatorProcess) -> None:
    assert status(address(operator, "/readyz")) == http.client.OK


def test_metrics_tell_what_it_did(shop: Shop) -> None:
    with shop.operator(f"--metrics-bind-address={FREE}") as operator:
        create(shop, manifest("a", "matcha"))
        eventually_ready(shop, a="Sold")
        with urllib.request.urlopen(address(operator, "/metrics"), timeout=5) as response:
            assert response.headers["Content-Type"].startswith("text/plain; version=")
            lines = response.read().decode().splitlines()
    assert 'workqueue_depth{name="icecreams"} 0.0' in lines
    assert 'rest_client_requests_total{code="200",method="PATCH"} 2.0' in lines
    assert 'controller_runtime_reconcile_time_seconds_count{controller="icecreams"}' in "\n".join(lines)


def test_it_listens_nowhere_unless_it_is_asked_to(operator: OperatorProcess, shop: Shop) -> None:
    shop.settle()
    assert "Serving" not in operator.output()


def test_an_address_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(f"--metrics-bind-address=127.0.0.1:{port}", kubeconfig=__file__)
    assert ended.returncode == 2
    assert f"icecream_operator: 127.0.0.1:{port} can't be listened on" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_none_is_refused() -> None:
    ended = run("--health-probe-bind-address=here")
    assert ended.returncode == 2
    assert "'here' is not HOST:PORT, :PORT or 0" in ended.stderr
