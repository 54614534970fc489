"""Kubeconfig files: one cluster, one user, one context, everything embedded, readable by the user alone.

Nothing here reads or writes `~/.kube/config`.
"""

import base64
import json
from pathlib import Path
from typing import Any

from certmanager.pki import files
from workshop.controlplane.certificates import KeyPair

_CONTEXT = "workshop"


def with_certificate(server: str, ca: Path, pair: KeyPair) -> dict[str, Any]:
    """A kubeconfig whose user is named by a client certificate."""
    user = {"client-certificate-data": _data(pair.cert), "client-key-data": _data(pair.key)}
    cluster = {"server": server, "certificate-authority-data": _data(ca)}
    return _config(cluster, user)


def with_token(cluster: dict[str, Any], token: str, namespace: str) -> dict[str, Any]:
    """A kubeconfig for `cluster` (its entry in another kubeconfig) whose user is named by a bearer token."""
    return _config(cluster, {"token": token}, namespace)


def write(path: Path, config: dict[str, Any]) -> None:
    """Put `config` at `path`, whole or not at all. JSON, which is YAML."""
    files.write_atomically(path, f"{json.dumps(config, indent=2)}\n".encode())


def _config(cluster: dict[str, Any], user: dict[str, Any], namespace: str = "default") -> dict[str, Any]:
    context = {"cluster": _CONTEXT, "user": _CONTEXT, "namespace": namespace}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": _CONTEXT,
        "clusters": [{"name": _CONTEXT, "cluster": cluster}],
        "users": [{"name": _CONTEXT, "user": user}],
        "contexts": [{"name": _CONTEXT, "context": context}],
    }


def _data(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
