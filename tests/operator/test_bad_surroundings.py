"""What can be wrong around an operator that runs: its token, its permissions, what the API server takes from it."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.operator.shop import CRD, apply_crd, attempt, create, eventually_ready, eventually_says
from workshop import faults
from workshop.controlplane import kubeconfig as kubeconfigs
from workshop.system.polling import eventually
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OPERATOR
from workshop.testing.shop import Shop

NAMESPACE = OPERATOR.namespace


@pytest.fixture
def without_matcha(shop: Shop) -> Iterator[Shop]:
    """A CRD with one more rule, which looks at the status too: the API server refuses to write that of matcha, 422."""
    strict = yaml.safe_load(CRD.read_text())
    schema = strict["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    rule = "!('matcha' in self.spec.flavour) || !has(self.status)"
    schema["x-kubernetes-validations"] = [{"rule": rule, "message": "matcha is no longer made"}]
    apply_crd(shop, strict)

    shop.order("before", "matcha")

    def in_force() -> None:
        assert not attempt(shop.icecreams.patch_status, "before", {"soldOut": False})

    eventually(in_force)
    shop.cancel("before")
    yield shop
    apply_crd(shop)


def test_a_status_that_the_api_server_refuses_is_said_once_and_stops_nobody(without_matcha: Shop) -> None:
    with without_matcha.operator() as operator:
        create(without_matcha, manifest("a", "matcha"), manifest("b", "vanilla"))
        eventually_ready(without_matcha, b="Sold")
        refused = "[a] writing the status", "matcha is no longer made", "(HTTP 422); only a change of its spec"
        eventually_says(operator, *refused)
        without_matcha.settle()
        assert operator.output().count("(HTTP 422)") == 1
        without_matcha.change("a", flavour=["vanilla"])
        eventually_ready(without_matcha, a="Sold")


def test_permissions_that_are_taken_away_and_given_back(shop: Shop) -> None:
    with shop.operator() as operator:
        create(shop, manifest("a", "matcha"))
        eventually_ready(shop, a="Sold")
        with shop.forbidden("patch", "icecreams/status"):
            create(shop, manifest("b", "matcha"))
            eventually_says(operator, "[b] writing the status", "is forbidden", "looking again in")
        eventually_ready(shop, b="Sold")


@pytest.fixture
def for_a_while(shop: Shop, kubeconfig: Path, tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig with a token of a service account that a test may delete."""
    who = f"--serviceaccount={NAMESPACE}:for-a-while"
    bindings = {"for-a-while": "demooperator-manager-role", "for-a-while-finalizer": "demooperator-finalizer-role"}
    shop.cluster.kubectl("create", "serviceaccount", "for-a-while", "-n", NAMESPACE)
    for name, role in bindings.items():
        shop.cluster.kubectl("create", "clusterrolebinding", name, f"--clusterrole={role}", who)
    token = shop.cluster.kubectl("create", "token", "for-a-while", "-n", NAMESPACE).strip()
    cluster = json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]
    path = tmp_path / "kubeconfig"
    kubeconfigs.write(path, kubeconfigs.with_token(cluster, token, NAMESPACE))
    yield path
    shop.cluster.kubectl("delete", "clusterrolebinding", *bindings)
    shop.cluster.kubectl("delete", "serviceaccount", "for-a-while", "-n", NAMESPACE, "--ignore-not-found")


def test_a_token_that_is_revoked_is_said_and_ends_it_when_it_watches_anew(shop: Shop, for_a_while: Path) -> None:
    with faults.running(for_a_while) as proxy, shop.operator(kubeconfig=proxy.kubeconfig) as operator:
        create(shop, manifest("a", "matcha"))
        eventually_ready(shop, a="Sold")
        shop.cluster.kubectl("delete", "serviceaccount", "for-a-while", "-n", NAMESPACE)

        numbers = itertools.count()

        def refused() -> None:
            create(shop, manifest(f"b-{next(numbers)}", "matcha"))
            assert "Unauthorized (HTTP 401)" in operator.output()

        eventually(refused, within=40)  # the API server remembers for 10 s that a token was good
        proxy.inject({"cut": 1})
        create(shop, manifest("c", "matcha"))
        assert operator.wait() == 2, operator.output()
    assert "The API server refuses the credentials: Unauthorized (HTTP 401)" in operator.output()
    assert "Traceback" not in operator.output()
