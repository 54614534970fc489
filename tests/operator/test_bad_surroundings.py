"""What can be wrong around an operator that runs: its token, its permissions, what the API server takes from it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.operator.conftest import Shop, order
from workshop import faults
from workshop.controlplane import kubeconfig
from workshop.testing.operator_process import ForkedOperator
from workshop.testing.polling import eventually
from workshop.workspace.cluster import CHECKOUT

CRD = CHECKOUT / "deploy/crds/demo.lva.io_icecreams.yaml"
NAMESPACE, ACCOUNT = "demooperator-system", "demooperator-controller-manager"

Start = Callable[..., ForkedOperator]


def says(operator: ForkedOperator, *words: str) -> None:
    def look() -> None:
        for word in words:
            assert word in operator.output()

    eventually(look)


@pytest.fixture
def without_matcha(shop: Shop) -> Iterator[Shop]:
    """A CRD with one more rule, which looks at the status too: the API server refuses to write that of matcha, 422."""
    strict = yaml.safe_load(CRD.read_text())
    schema = strict["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    rule = "!('matcha' in self.spec.flavour) || !has(self.status)"
    schema["x-kubernetes-validations"] = [{"rule": rule, "message": "matcha is no longer made"}]
    shop.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(strict))

    def in_force() -> None:
        answer = shop.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(order("a", "matcha")))
        assert "created" in answer

    eventually(in_force)
    yield shop
    shop.open()


def test_a_status_that_the_api_server_refuses_is_said_once_and_stops_nobody(
    without_matcha: Shop, forked: Start
) -> None:
    operator = forked()
    without_matcha.create(order("a", "matcha"), order("b", "vanilla"))
    without_matcha.eventually_ready(b="Sold")
    says(operator, "[a] writing the status", "matcha is no longer made", "(HTTP 422); only a change of its spec")
    without_matcha.catch_up()
    assert operator.output().count("(HTTP 422)") == 1
    without_matcha.kubectl("patch", "icecream", "a", "--type=merge", "-p", '{"spec":{"flavour":["vanilla"]}}')
    without_matcha.eventually_ready(a="Sold")


def test_permissions_that_are_taken_away_and_given_back(shop: Shop, forked: Start) -> None:
    operator = forked()
    shop.create(order("a", "matcha"))
    shop.eventually_ready(a="Sold")
    shop.kubectl("delete", "clusterrolebinding", "demooperator-manager-rolebinding")

    def refused() -> None:
        answer = shop.kubectl("auth", "can-i", "patch", "icecreams/status", "--as", user(), check=False)
        assert answer.startswith("no")

    eventually(refused)
    shop.create(order("b", "matcha"))
    says(operator, "[b] writing the status", "is forbidden", "looking again in")
    shop.kubectl("apply", "-k", "deploy/operator")
    shop.eventually_ready(b="Sold")


def user() -> str:
    return f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"


@pytest.fixture
def for_a_while(shop: Shop, operators_kubeconfig: Path, tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig with a token of a service account that a test may delete."""
    who = f"--serviceaccount={NAMESPACE}:for-a-while"
    shop.kubectl("create", "serviceaccount", "for-a-while", "-n", NAMESPACE)
    shop.kubectl("create", "clusterrolebinding", "for-a-while", "--clusterrole=demooperator-manager-role", who)
    token = shop.kubectl("create", "token", "for-a-while", "-n", NAMESPACE).strip()
    cluster = json.loads(operators_kubeconfig.read_text())["clusters"][0]["cluster"]
    path = tmp_path / "kubeconfig"
    kubeconfig.write(path, kubeconfig.with_token(cluster, token, NAMESPACE))
    yield path
    shop.kubectl("delete", "clusterrolebinding", "for-a-while")
    shop.kubectl("delete", "serviceaccount", "for-a-while", "-n", NAMESPACE, "--ignore-not-found")


def test_a_token_that_is_revoked_is_said_and_ends_it_when_it_watches_anew(
    shop: Shop, forked: Start, for_a_while: Path
) -> None:
    with faults.running(for_a_while) as proxy:
        operator = forked(kubeconfig=proxy.kubeconfig)
        shop.create(order("a", "matcha"))
        shop.eventually_ready(a="Sold")
        shop.kubectl("delete", "serviceaccount", "for-a-while", "-n", NAMESPACE)

        def refused() -> None:
            shop.create(order("b", "matcha"))
            shop.kubectl("delete", "icecream", "b")
            assert "Unauthorized (HTTP 401)" in operator.output()

        eventually(refused, within=40)  # the API server remembers for 10 s that a token was good
        proxy.inject({"cut": 1})
        shop.create(order("c", "matcha"))
        assert operator.ended() == 2, operator.output()
    assert "The API server refuses the credentials: Unauthorized (HTTP 401)" in operator.output()
    assert "Traceback" not in operator.output()
