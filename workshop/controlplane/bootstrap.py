"""Everything that must lie in a control plane's folder before its components start: keys, kubeconfigs, the plan."""

import datetime
from collections.abc import Mapping
from pathlib import Path

from workshop.controlplane import certificates, kubeconfig
from workshop.controlplane.layout import Layout
from workshop.controlplane.spec import ControlPlaneSpec, Keys, plan

_HOSTS = ("127.0.0.1", "localhost", "kubernetes.default.svc", "10.0.0.1")


def prepare(
    layout: Layout, binaries: Mapping[str, Path], port: int, *, durable: bool, now: datetime.datetime
) -> ControlPlaneSpec:
    """Make or renew the keys in `layout` and write the admin's kubeconfig; the CA and the token key are kept."""
    layout.create()
    ca = certificates.authority(layout.pki, now)
    manager = layout.pki / "kube-controller-manager.kubeconfig"
    keys = Keys(
        ca=ca.pair,
        serving=certificates.serving(ca, "kube-apiserver", _HOSTS, now),
        token_key=certificates.token_key(layout.pki),
        controller_manager_kubeconfig=manager,
    )
    made = plan(layout, binaries, keys, port, durable=durable)
    admin = certificates.client(ca, "admin", "workshop-admin", ["system:masters"], now)
    controller_manager = certificates.client(ca, "kube-controller-manager", "system:kube-controller-manager", [], now)
    kubeconfig.write(manager, kubeconfig.with_certificate(made.server, ca.pair.cert, controller_manager))
    kubeconfig.write(layout.kubeconfig, kubeconfig.with_certificate(made.server, ca.pair.cert, admin))
    return made
