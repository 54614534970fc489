"""A shop on a real control plane, the operator as a process under its own service account, and figures of a run."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kubernetes.client import ApiException

from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import Icecreams
from workshop.testing.operator_process import OPERATOR, OperatorProcess
from workshop.testing.shop import Shop
from workshop.workspace import operators
from workshop.workspace.cluster import CHECKOUT


@pytest.fixture(scope="session")
def kubeconfig(control_plane: ControlPlane) -> Path:
    """The operator's own, with its service account and roles."""
    return operators.log_in(OPERATOR, control_plane)


@pytest.fixture(scope="session")
def serving(control_plane: ControlPlane) -> ControlPlane:
    """A control plane that serves icecreams."""
    crd.establish(control_plane)
    return control_plane


@pytest.fixture
def shop(serving: ControlPlane, kubeconfig: Path) -> Iterator[Shop]:
    """A shop without an icecream, and without an operator."""
    with Shop(serving) as opened:
        opened.identity = kubeconfig
        yield opened
        eventually(opened.icecreams.delete_all, retry_on=ApiException)  # a CRD that was changed: 429, for a moment


@pytest.fixture
def fresh_shop(fresh_control_plane: ControlPlane) -> Iterator[Shop]:
    """A shop on a control plane of its own, without the CRD."""
    with Shop(fresh_control_plane) as opened:
        yield opened


@pytest.fixture
def icecreams(shop: Shop) -> Icecreams:
    """The icecreams of the shop, for whoever needs no operator."""
    return shop.icecreams


@pytest.fixture
def operator(shop: Shop) -> Iterator[OperatorProcess]:
    """The operator as it is by default: it evicts."""
    with shop.operator() as process:
        yield process


@pytest.fixture
def marking(shop: Shop) -> Iterator[OperatorProcess]:
    """The operator that marks."""
    with shop.operator("--on-oversell=mark") as process:
        yield process


@pytest.fixture
def start(kubeconfig: Path, tmp_path: Path) -> Iterator[Callable[..., OperatorProcess]]:
    """Start an operator: `start("--on-oversell=mark", kubeconfig=proxy.kubeconfig)`."""
    started: list[OperatorProcess] = []

    def start_one(
        *arguments: str, kubeconfig: Path = kubeconfig, module: str = OPERATOR.module, root: Path = CHECKOUT
    ) -> OperatorProcess:
        log = tmp_path / f"operator-{len(started)}.log"
        started.append(OperatorProcess(kubeconfig, log, *arguments, module=module, root=root))
        return started[-1]

    yield start_one
    for operator in started:
        operator.kill()


@pytest.fixture
def freezer(tmp_path: Path) -> Path:
    """The database of those that `start` has started."""
    return tmp_path / "freezer.db"
