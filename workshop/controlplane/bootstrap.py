"""What must lie in a control plane's folder before its components start: certificates, keys and kubeconfigs.

kubeadm init has the same phases, `certs` and `kubeconfig`.
"""

import datetime
from collections.abc import Mapping
from pathlib import Path

from workshop.controlplane import certificates, kubeconfig
from workshop.controlplane.component_flags import ControlPlaneSpec, Credentials, control_plane_spec
from workshop.controlplane.layout import Layout

_HOSTS = ("127.0.0.1", "localhost", "kubernetes.default.svc", "10.0.0.1")


def init_control_plane(
    layout: Layout, binaries: Mapping[str, Path], port: int, *, durable: bool, now: datetime.datetime
) -> ControlPlaneSpec:
    """Make what the components of `binaries` need, in `layout`, and return what to start.

    Certificates and kubeconfigs are made anew; the CA and the key of the service accounts' tokens are kept.
    """
    layout.create()
    ca = certificates.authority(layout.pki, now)
    credentials = Credentials(
        ca=ca.pair,
        serving=certificates.serving(ca, "kube-apiserver", _HOSTS, now),
        service_account_key=certificates.service_account_key(layout.pki),
        controller_manager_kubeconfig=layout.pki / "kube-controller-manager.kubeconfig",
    )
    spec = control_plane_spec(layout, binaries, credentials, port, durable=durable)
    admin = certificates.client(ca, "admin", "workshop-admin", ["system:masters"], now)
    controller_manager = certificates.client(ca, "kube-controller-manager", "system:kube-controller-manager", [], now)
    users = {layout.kubeconfig: admin, credentials.controller_manager_kubeconfig: controller_manager}
    for path, pair in users.items():
        kubeconfig.write(path, kubeconfig.with_certificate(spec.server, ca.pair.cert, pair))
    return spec
