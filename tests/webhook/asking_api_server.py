"""An API server that asks an operator which a test starts, kills and starts again, with certificates of its own CA."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.webhook import customers, orders
from tests.webhook.pairs import Ca, put
from workshop.system.polling import eventually
from workshop.testing import crd
from workshop.testing.control_plane import ControlPlane
from workshop.testing.icecreams import Icecreams, connected, manifest
from workshop.testing.operator_process import OPERATOR, OperatorProcess
from workshop.webhook import installation
from workshop.webhook.installation import Installation
from workshop.workspace import operators

ANSWERS = "The webhook answers"


@dataclass(frozen=True)
class AskingApiServer:
    """`kubeconfig` is the operator's."""

    cluster: ControlPlane
    kubeconfig: Path
    installed: Installation

    @property
    def cert_dir(self) -> Path:
        return self.installed.cert_dir

    @contextlib.contextmanager
    def operator(self, module: str = OPERATOR.module) -> Iterator[OperatorProcess]:
        """An operator that answers by now, killed at the end of the `with` if it still runs."""
        log = self.cluster.folder / "operator.log"
        process = OperatorProcess(self.kubeconfig, log, *self.installed.operator_arguments, module=module)
        try:
            eventually(lambda: _answers(process))
            yield process
        finally:
            process.kill()

    def close(self) -> None:
        """Leave nothing of what was ordered."""
        with connected(self.cluster.kubeconfig) as client:
            Icecreams(client).delete_all()


def asking_for_certificates_of(ca: Ca, cluster: ControlPlane) -> AskingApiServer:
    """Have the API server ask, trust the CA, and wait until it does; the menu has a flavour for each customer."""
    crd.establish(cluster)
    folder = cluster.folder / "certificate"
    folder.mkdir()
    (folder / "ca.crt").write_bytes(ca.bundle)
    put(folder, ca.issue().pair)
    installed = installation.install(cluster, folder)
    menu = json.dumps({"data": {"flavours": "\n".join(customers.MENU)}})
    cluster.kubectl("patch", "configmap", "menu", "--namespace=demooperator-system", f"--patch={menu}")
    eventually(lambda: _asks(cluster))
    return AskingApiServer(cluster, operators.log_in(OPERATOR, cluster), installed)


def _asks(cluster: ControlPlane) -> None:
    printed = orders.create(cluster, manifest("asked", "matcha"), "--dry-run=server")
    assert orders.NOT_ASKED in printed, printed


def _answers(operator: OperatorProcess) -> None:
    assert ANSWERS in operator.output(), operator.output()
