"""A shop on a real control plane whose API server asks the operator, by the manifests of `deploy/webhook`.

Its control plane is its own: where nobody answers, nobody else's tests could order anything.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest
import uvloop
from kubernetes.client import ApiException

from tests.operator.shop import eventually_says
from tests.webhook import orders
from tests.webhook.asking_api_server import AskingApiServer, asking_for_certificates_of
from tests.webhook.pairs import Ca
from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane, running_control_plane
from workshop.testing.icecreams import manifest
from workshop.testing.operator_process import OperatorProcess
from workshop.testing.shop import Shop
from workshop.webhook import installation
from workshop.webhook.installation import Installation


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The event loop that the operator has: it has TLS of its own."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="module")
def ca() -> Ca:
    """A CA that issues what a test wants."""
    return Ca()


@pytest.fixture(scope="session")
def asking() -> Iterator[tuple[ControlPlane, Installation]]:
    """A control plane that serves icecreams, and asks."""
    with running_control_plane() as control_plane:
        crd.establish(control_plane)
        installed = installation.with_certificate(control_plane)
        eventually(lambda: _asks(control_plane))
        yield control_plane, installed


@pytest.fixture
def shop(asking: tuple[ControlPlane, Installation]) -> Iterator[Shop]:
    """A shop without an icecream, and without an operator."""
    control_plane, _ = asking
    with Shop(control_plane) as opened:
        yield opened
        eventually(opened.icecreams.delete_all, retry_on=ApiException)
        control_plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "deploy/webhook/menu.yaml")


@pytest.fixture
def arguments(asking: tuple[ControlPlane, Installation]) -> tuple[str, ...]:
    """The options with which an operator is asked."""
    _, installed = asking
    return installed.operator_arguments


@pytest.fixture
def operator(shop: Shop, arguments: tuple[str, ...]) -> Iterator[OperatorProcess]:
    """The operator as it is by default: it evicts. It answers."""
    with shop.operator(*arguments) as process:
        eventually_says(process, orders.ANSWERS)
        yield process


@pytest.fixture
def marking(shop: Shop, arguments: tuple[str, ...]) -> Iterator[OperatorProcess]:
    """The operator that marks. It answers."""
    with shop.operator("--on-oversell=mark", *arguments) as process:
        eventually_says(process, orders.ANSWERS)
        yield process


def _asks(control_plane: ControlPlane) -> None:
    """The API server takes a moment to see a new webhook configuration."""
    printed = orders.create(control_plane, manifest("asked", "matcha"), "--dry-run=server")
    assert orders.NOT_ASKED in printed, printed


@pytest.fixture(scope="module")
def api_server(ca: Ca) -> Iterator[AskingApiServer]:
    """One that asks operators of the test's own, without icecreams."""
    with running_control_plane() as control_plane:
        yield asking_for_certificates_of(ca, control_plane)
