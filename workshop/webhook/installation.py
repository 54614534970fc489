"""Has the API server ask the operator of this workspace, on this machine, the way it would in a cluster.

The operator's certificate lies in a folder of the cluster's own, and the port on which it is asked is remembered there;
so two workspaces have two of each, and whoever installs again changes nothing.
"""

import json
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509

from certmanager.pki import chains, files
from certmanager.pki.errors import PkiError
from workshop.system.ports import reserved_port
from workshop.webhook import configuration
from workshop.webhook.configuration import CONFIGURATION, MENU, NAMESPACE, SERVICE
from workshop.webhook.errors import WebhookError
from workshop.workspace import operators
from workshop.workspace.cluster import CHECKOUT, Cluster

_CERTIFICATE_BY_HAND = "icecream_operator.webhook.self_signed_ca"


@dataclass(frozen=True)
class Installation:
    """What has been installed: `authorities` are the CAs in the bundle; `kept_menu`: there was a menu already."""

    cert_dir: Path
    port: int
    authorities: tuple[x509.Certificate, ...]
    kept_menu: bool

    @property
    def operator_arguments(self) -> tuple[str, ...]:
        """The options with which the operator answers there."""
        return "--webhook-cert-dir", str(self.cert_dir), "--webhook-bind-address", f"127.0.0.1:{self.port}"


def cert_dir(cluster: Cluster) -> Path:
    """Where the webhook's certificate lies, unless somebody wants it elsewhere."""
    return cluster.folder / "webhook"


def make_certificate(folder: Path) -> None:
    """Have the student's own program make CA and certificate in `folder`, if there is no certificate yet.

    Raises:
        WebhookError: it makes none.
    """
    if (folder / "tls.crt").exists():
        return
    argv = [sys.executable, "-m", _CERTIFICATE_BY_HAND, "--out", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise WebhookError(f"There is no certificate yet, and none can be made.\npython {' '.join(argv[1:])}\n{last}")


def with_certificate(cluster: Cluster) -> Installation:
    """Have a certificate in the cluster's folder, made if there is none, and the API server ask who has it.

    Raises:
        WebhookError: no certificate can be made.
        KubectlError: the API server won't have it.
    """
    folder = cert_dir(cluster)
    make_certificate(folder)
    return install(cluster, folder)


def install(cluster: Cluster, folder: Path, port: int | None = None) -> Installation:
    """Have the API server ask on `port`, and trust whom `ca.crt` in `folder` has signed.

    Without `port` it is the one of the last time, or a free one. A menu that is there already stays as it is.

    Raises:
        WebhookError: there are no CA certificates in `folder`.
        KubectlError: the API server won't have it.
    """
    bundle, authorities = _read_bundle(folder)
    port = _remember(cluster, port)
    wanted = f"namespace/{NAMESPACE}", f"configmap/{MENU}"
    there = cluster.kubectl("get", "--ignore-not-found", f"-n={NAMESPACE}", "-o=name", *wanted).split()
    if wanted[0] not in there:
        cluster.kubectl("apply", "--server-side", "-k", operators.OPERATORS["operator"].manifests)
    kept_menu = wanted[1] in there
    manifests = list(yaml.safe_load_all(cluster.kubectl("kustomize", configuration.MANIFESTS)))
    manifests = [manifest for manifest in manifests if not (kept_menu and manifest["kind"] == "ConfigMap")]
    items = {"apiVersion": "v1", "kind": "List", "items": configuration.on_this_machine(manifests, port, bundle)}
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=json.dumps(items))
    return Installation(folder, port, authorities, kept_menu)


def uninstall(cluster: Cluster) -> None:
    """Have the API server ask nobody any more; what isn't there is fine. The menu stays.

    Raises:
        KubectlError: the API server won't have it.
    """
    written = f"validatingwebhookconfiguration/{CONFIGURATION}", f"service/{SERVICE}"
    cluster.kubectl("delete", "--ignore-not-found", f"-n={NAMESPACE}", *written)


def _read_bundle(folder: Path) -> tuple[bytes, tuple[x509.Certificate, ...]]:
    path = folder / "ca.crt"
    try:
        bundle = path.read_bytes()
        return bundle, chains.from_pem(bundle)
    except OSError as error:
        how = f"python -m {_CERTIFICATE_BY_HAND} --out {folder}"
        raise WebhookError(f"{path} can't be read: {error.strerror}\nMake a CA and a certificate: {how}") from error
    except PkiError as error:
        raise WebhookError(f"{path} holds no CA certificates: {error}") from error


def _first_choice(folder: Path) -> int:
    """A port by the name of the folder, below those that systems give to outgoing connections: it stays free."""
    return 20_000 + zlib.crc32(str(folder).encode()) % 10_000


def _remember(cluster: Cluster, port: int | None) -> int:
    file = cert_dir(cluster) / "port"
    if port is None:
        try:
            return int(file.read_text())
        except FileNotFoundError:
            with reserved_port(_first_choice(cluster.folder)) as port:
                pass
    file.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_atomically(file, f"{port}\n".encode())
    return port
