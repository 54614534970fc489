"""What a control plane is made of: which programs, with which flags. Plain values; nothing is started here.

etcd listens on Unix sockets inside the control plane's own folder, so no other user of the machine reaches it and it
takes no port; kube-controller-manager serves nothing. That leaves one port, the API server's, on 127.0.0.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.controlplane.layout import Layout

if TYPE_CHECKING:  # the supervisor reads specs, and is 10 MB smaller without cryptography
    from workshop.controlplane.certificates import KeyPair

ETCD_SOCKET = "etcd:0"  # in the working directory: no limit on how long its path is
_ETCD_URL = f"unix://{ETCD_SOCKET}"
_PEER_URL = "unix://peer:0"
_CONFIGURATION = Path(__file__).parent  # where the files lie that are the same for all control planes


@dataclass(frozen=True)
class ComponentSpec:
    """A program of the control plane: its name, its command line, and the file of its log."""

    name: str
    argv: list[str]
    log: str


@dataclass(frozen=True)
class ControlPlaneSpec:
    """All that has to run. `ca` verifies the API server at `port`.

    `components` stand in the order in which they start; `etcd` and `kube-apiserver` are always there,
    kube-controller-manager unless there is none for this platform.
    """

    working_directory: str
    port: int
    ca: str
    components: list[ComponentSpec]

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self.port}"

    def to_json(self) -> str:
        """For the supervisor, which is another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ControlPlaneSpec:
        """What `to_json` was called on."""
        fields = json.loads(text)
        return cls(**fields | {"components": [ComponentSpec(**component) for component in fields["components"]]})


@dataclass(frozen=True)
class Credentials:
    """The files with certificates and keys that components get by their flags."""

    ca: KeyPair
    serving: KeyPair
    service_account_key: Path
    controller_manager_kubeconfig: Path


def control_plane_spec(
    layout: Layout, binaries: Mapping[str, Path], credentials: Credentials, port: int, *, durable: bool
) -> ControlPlaneSpec:
    """The control plane of `binaries`; `durable` is False where a crash of the machine may lose data, as in tests."""
    argvs = {
        "etcd": _etcd(binaries["etcd"], durable=durable),
        "kube-apiserver": _apiserver(binaries["kube-apiserver"], layout, credentials, port),
    }
    if controller_manager := binaries.get("kube-controller-manager"):
        argvs["kube-controller-manager"] = _controller_manager(controller_manager, credentials)
    components = [ComponentSpec(name, argv, str(layout.log(name))) for name, argv in argvs.items()]
    return ControlPlaneSpec(str(layout.controlplane), port, str(credentials.ca.cert), components)


def _etcd(program: Path, *, durable: bool) -> list[str]:
    return [
        str(program),
        "--name=workshop",
        "--data-dir=etcd",
        f"--listen-client-urls={_ETCD_URL}",
        f"--advertise-client-urls={_ETCD_URL}",
        f"--listen-peer-urls={_PEER_URL}",
        f"--initial-advertise-peer-urls={_PEER_URL}",
        f"--initial-cluster=workshop={_PEER_URL}",
        "--log-level=warn",
        f"--unsafe-no-fsync={str(not durable).lower()}",
    ]


def _apiserver(program: Path, layout: Layout, credentials: Credentials, port: int) -> list[str]:
    return [
        str(program),
        f"--etcd-servers={_ETCD_URL}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing=true",
        "--endpoint-reconciler-type=none",  # there are no nodes from which the `kubernetes` Service could be reached
        f"--tls-cert-file={credentials.serving.cert}",
        f"--tls-private-key-file={credentials.serving.key}",
        f"--client-ca-file={credentials.ca.cert}",
        f"--authentication-config={_CONFIGURATION / 'authentication.yaml'}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={credentials.service_account_key}",
        f"--service-account-signing-key-file={credentials.service_account_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        f"--audit-policy-file={_CONFIGURATION / 'audit-policy.yaml'}",
        f"--audit-log-path={layout.audit_log}",
        "--audit-log-maxsize=32",
        "--audit-log-maxbackup=2",
        "--profiling=false",
    ]


def _controller_manager(program: Path, credentials: Credentials) -> list[str]:
    return [
        str(program),
        f"--kubeconfig={credentials.controller_manager_kubeconfig}",
        "--secure-port=0",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        "--kube-api-qps=200",  # the defaults, 20 and 30, would spread its start over seconds
        "--kube-api-burst=400",
        f"--service-account-private-key-file={credentials.service_account_key}",
        f"--root-ca-file={credentials.ca.cert}",
        f"--cluster-signing-cert-file={credentials.ca.cert}",
        f"--cluster-signing-key-file={credentials.ca.key}",
        "--profiling=false",
    ]
