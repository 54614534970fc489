"""The API server, or the CRD, goes away underneath the operator, and comes back."""

import signal

import pytest
from kubernetes.client import ApiException
from urllib3.exceptions import HTTPError

from tests.operator.shop import attempt, create, eventually_left
from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import manifest
from workshop.testing.shop import Shop

pytestmark = pytest.mark.slow


@pytest.fixture
def open_shop(fresh_shop: Shop) -> Shop:
    """A shop whose control plane the test may end and start."""
    crd.establish(fresh_shop.cluster)
    return fresh_shop


def restart(control_plane: ControlPlane) -> None:
    control_plane.components.kill()
    control_plane.components.start()


def test_after_a_restart_of_the_control_plane_it_goes_on(open_shop: Shop, fresh_control_plane: ControlPlane) -> None:
    with open_shop.operator() as operator:
        create(open_shop, *(manifest(name, "matcha") for name in ("a", "b", "c")))
        eventually_left(open_shop, "a", "b", "c")
        restart(fresh_control_plane)
        create(open_shop, manifest("d", "matcha"), manifest("e", "vanilla"))
        eventually_left(open_shop, "a", "b", "c", "e")
        assert operator.terminate() == 0


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver"])
def test_after_a_restart_of_one_component_it_goes_on(
    open_shop: Shop, fresh_control_plane: ControlPlane, name: str
) -> None:
    components = fresh_control_plane.components
    (component,) = (component for component in components.spec.components if component.name == name)
    with open_shop.operator() as operator:
        create(open_shop, *(manifest(name, "matcha") for name in ("a", "b", "c")))
        eventually_left(open_shop, "a", "b", "c")
        components.running[name].kill()
        components.running[name].wait()
        components.start_one(component)
        create_when_served(open_shop, "d", "matcha")
        create_when_served(open_shop, "e", "vanilla")
        eventually_left(open_shop, "a", "b", "c", "e")
        assert operator.terminate() == 0


def create_when_served(shop: Shop, name: str, flavour: str) -> None:
    """Create it as soon as the API server answers, and finds etcd again; what got lost may have been the answer."""
    eventually(lambda: attempt(shop.icecreams.create, manifest(name, flavour)), retry_on=(ApiException, HTTPError))


def test_what_was_deleted_while_nobody_watched_has_left_the_cache(
    open_shop: Shop, fresh_control_plane: ControlPlane
) -> None:
    with open_shop.operator() as operator:
        create(open_shop, *(manifest(name, "matcha") for name in ("a", "b", "c")))
        eventually_left(open_shop, "a", "b", "c")
        operator.send_signal(signal.SIGSTOP)
        restart(fresh_control_plane)  # cuts the watch
        open_shop.cancel("a", "b", "c")
        restart(fresh_control_plane)  # forgets the events: who asks for them is answered 410 Gone
        operator.send_signal(signal.SIGCONT)
        create(open_shop, *(manifest(name, "matcha") for name in ("d", "e", "f")))
        eventually_left(open_shop, "d", "e", "f")
        assert operator.terminate() == 0


def test_a_crd_that_was_deleted_and_applied_again_begins_with_an_empty_cache(open_shop: Shop) -> None:
    with open_shop.operator() as operator:
        create(open_shop, *(manifest(name, "matcha") for name in ("a", "b", "c")))
        eventually_left(open_shop, "a", "b", "c")
        open_shop.cluster.kubectl("delete", "-f", "deploy/crds")
        crd.establish(open_shop.cluster)
        create(open_shop, *(manifest(name, "matcha") for name in ("d", "e", "f")))
        eventually_left(open_shop, "d", "e", "f")
        assert "Traceback" not in operator.output()
        assert operator.terminate() == 0
