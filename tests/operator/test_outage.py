"""The API server, or the CRD, goes away underneath the operator, and comes back."""

import json
import signal
from typing import Any

import pytest

from tests.operator.conftest import Shop, order
from workshop.testing.operator import running
from workshop.testing.polling import eventually


@pytest.fixture
def open_shop(fresh_shop: Shop) -> Shop:
    """A shop whose control plane the test may end and start."""
    fresh_shop.open()
    return fresh_shop


def restart(shop: Shop) -> None:
    shop.cluster.components.kill()
    shop.cluster.components.start()


def test_after_a_restart_of_the_control_plane_it_goes_on(open_shop: Shop) -> None:
    with running(open_shop.cluster) as operator:
        open_shop.create(*(order(name, "matcha") for name in ("a", "b", "c")))
        open_shop.eventually_left("a", "b", "c")
        restart(open_shop)
        open_shop.create(order("d", "matcha"), order("e", "vanilla"))
        open_shop.eventually_left("a", "b", "c", "e")
        assert operator.terminate() == 0


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver"])
def test_after_a_restart_of_one_component_it_goes_on(open_shop: Shop, name: str) -> None:
    components = open_shop.cluster.components
    (component,) = (component for component in components.plan.components if component.name == name)
    with open_shop.operator() as operator:
        open_shop.create(*(order(name, "matcha") for name in ("a", "b", "c")))
        open_shop.eventually_left("a", "b", "c")
        components.running[name].kill()
        components.running[name].wait()
        components.start_one(component)
        eventually(lambda: create(open_shop, order("d", "matcha")))
        eventually(lambda: create(open_shop, order("e", "vanilla")))
        open_shop.eventually_left("a", "b", "c", "e")
        assert operator.terminate() == 0


def create(shop: Shop, icecream: dict[str, Any]) -> None:
    """Create it, if the API server finds etcd again."""
    answer = shop.kubectl("create", "-f", "-", stdin=json.dumps(icecream), check=False)
    assert "created" in answer or "AlreadyExists" in answer, answer


def test_what_was_deleted_while_nobody_watched_has_left_the_cache(open_shop: Shop) -> None:
    with running(open_shop.cluster) as operator:
        open_shop.create(*(order(name, "matcha") for name in ("a", "b", "c")))
        open_shop.eventually_left("a", "b", "c")
        operator.process.send_signal(signal.SIGSTOP)
        restart(open_shop)  # cuts the watch
        open_shop.delete("a", "b", "c")
        restart(open_shop)  # forgets the events: who asks for them is answered 410 Gone
        operator.process.send_signal(signal.SIGCONT)
        open_shop.create(*(order(name, "matcha") for name in ("d", "e", "f")))
        open_shop.eventually_left("d", "e", "f")
        assert operator.terminate() == 0


def test_a_crd_that_was_deleted_and_applied_again_begins_with_an_empty_cache(open_shop: Shop) -> None:
    with running(open_shop.cluster) as operator:
        open_shop.create(*(order(name, "matcha") for name in ("a", "b", "c")))
        open_shop.eventually_left("a", "b", "c")
        open_shop.kubectl("delete", "-f", "deploy/crds")
        open_shop.open()
        open_shop.create(*(order(name, "matcha") for name in ("d", "e", "f")))
        open_shop.eventually_left("d", "e", "f")
        assert "Traceback" not in operator.output()
        assert operator.terminate() == 0
