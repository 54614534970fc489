"""What a control plane is made of: which programs, with which flags. Plain values; nothing is started here.

etcd listens on Unix sockets inside the control plane's own folder, so no other user of the machine reaches it and it
takes no port; kube-controller-manager serves nothing. That leaves one port, the API server's, on 127.0.0.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.controlplane.layout import Layout, packaged

if TYPE_CHECKING:  # the supervisor reads plans, and is 10 MB smaller without cryptography
    from workshop.controlplane.certificates import Pair

_ETCD = "unix://etcd:0"  # a socket named `etcd:0` in the working directory: no limit on how long its path is
_PEER = "unix://peer:0"
ETCD_SOCKET = "etcd:0"


@dataclass(frozen=True)
class ComponentSpec:
    """A program of the control plane."""

    name: str
    argv: list[str]
    log: str


@dataclass(frozen=True)
class ControlPlaneSpec:
    """All of a control plane: the supervisor starts just this.

    `components` stand in the order in which they start; `etcd` and `kube-apiserver` are always there,
    kube-controller-manager unless there is none for this platform. `ca` verifies the API server at `port`.
    """

    home: str
    port: int
    ca: str
    components: list[ComponentSpec]

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self.port}"


@dataclass(frozen=True)
class Keys:
    """The files that the components are told of."""

    ca: Pair
    serving: Pair
    token_key: Path
    controller_manager_kubeconfig: Path


def plan(layout: Layout, binaries: Mapping[str, Path], keys: Keys, port: int, *, durable: bool) -> ControlPlaneSpec:
    """What to start; `durable` is False where a crash of the machine may lose data, as in tests."""
    argvs = {
        "etcd": _etcd(binaries["etcd"], durable=durable),
        "kube-apiserver": _apiserver(binaries["kube-apiserver"], layout, keys, port),
    }
    if manager := binaries.get("kube-controller-manager"):
        argvs["kube-controller-manager"] = _controller_manager(manager, keys)
    components = [ComponentSpec(name, argv, str(layout.log(name))) for name, argv in argvs.items()]
    return ControlPlaneSpec(str(layout.home), port, str(keys.ca.cert), components)


def _etcd(program: Path, *, durable: bool) -> list[str]:
    return [
        str(program),
        "--name=workshop",
        "--data-dir=etcd",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_PEER}",
        f"--initial-advertise-peer-urls={_PEER}",
        f"--initial-cluster=workshop={_PEER}",
        "--log-level=warn",
        f"--unsafe-no-fsync={str(not durable).lower()}",
    ]


def _apiserver(program: Path, layout: Layout, keys: Keys, port: int) -> list[str]:
    return [
        str(program),
        f"--etcd-servers={_ETCD}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing=true",
        "--endpoint-reconciler-type=none",  # there are no nodes from which the `kubernetes` Service could be reached
        f"--tls-cert-file={keys.serving.cert}",
        f"--tls-private-key-file={keys.serving.key}",
        f"--client-ca-file={keys.ca.cert}",
        f"--authentication-config={packaged('authentication.yaml')}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys.token_key}",
        f"--service-account-signing-key-file={keys.token_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--audit-policy-file={packaged('audit-policy.yaml')}",
        f"--audit-log-path={layout.audit_log}",
        "--audit-log-maxsize=32",
        "--audit-log-maxbackup=2",
        "--profiling=false",
    ]


def _controller_manager(program: Path, keys: Keys) -> list[str]:
    return [
        str(program),
        f"--kubeconfig={keys.controller_manager_kubeconfig}",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        "--kube-api-qps=200",  # the defaults, 20 and 30, would spread its start over seconds
        "--kube-api-burst=400",
        f"--service-account-private-key-file={keys.token_key}",
        f"--root-ca-file={keys.ca.cert}",
        f"--cluster-signing-cert-file={keys.ca.cert}",
        f"--cluster-signing-key-file={keys.ca.key}",
        "--profiling=false",
    ]
