"""Who the proxy is to both sides: an API server with a certificate of its own, and a client of the real one.

The user stays the same. A token (or what yields one, as an exec plugin) is the client's, and passes through with each
request. A client certificate can't pass, so the proxy asks for exactly that certificate, and shows it in its turn:
whoever hasn't got it gets nowhere.
"""

import base64
import datetime
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from workshop.controlplane import certificates
from workshop.system.tempdir import temporary_directory

_FLATTEN = "What is needed: kubectl config view --raw --minify --flatten > FILE"


class KubeconfigError(ValueError):
    """The kubeconfig can't be used; the message says why."""


@dataclass(frozen=True)
class CurrentContext:
    """The current context of a kubeconfig, and the cluster and the user that it names: entries of that file."""

    entry: dict[str, Any]
    cluster: dict[str, Any]
    user: dict[str, Any]

    @property
    def server(self) -> str:
        """The API server's URL."""
        return str(self.cluster["cluster"]["server"]).rstrip("/")

    @property
    def ca(self) -> str:
        """What verifies it (PEM)."""
        return base64.b64decode(self.cluster["cluster"]["certificate-authority-data"]).decode()

    @property
    def certificate(self) -> str:
        """The user's client certificate (PEM), empty if there is none."""
        return base64.b64decode(self.user["user"].get("client-certificate-data", "")).decode()


@dataclass(frozen=True)
class TlsContexts:
    """TLS to both sides: `downstream` are the proxy's clients, `upstream` is the API server.

    `ca` (PEM) is what verifies the proxy.
    """

    downstream: ssl.SSLContext
    upstream: ssl.SSLContext
    ca: bytes


def current_context(kubeconfig: Path) -> CurrentContext:
    """What the current context of `kubeconfig` leads to.

    Raises:
        KubeconfigError: it isn't there, is incomplete, or names other files in place of embedding them.
    """
    try:
        config = yaml.safe_load(kubeconfig.read_text())
        entry = _named(config["contexts"], config["current-context"])
        cluster = _named(config["clusters"], entry["context"]["cluster"])
        context = CurrentContext(entry, cluster, _named(config["users"], entry["context"]["user"]))
        _ = context.server, context.ca, context.certificate
    except OSError as error:
        raise KubeconfigError(f"The kubeconfig can't be read: {error}") from error
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise KubeconfigError(f"{kubeconfig} isn't a complete kubeconfig ({error!r}). {_FLATTEN}") from error
    if not {"client-certificate", "client-key"}.isdisjoint(context.user["user"]):
        raise KubeconfigError(f"{kubeconfig} doesn't embed the user's certificate and key. {_FLATTEN}")
    return context


def proxy_kubeconfig(context: CurrentContext, port: int, ca: bytes) -> dict[str, Any]:
    """A kubeconfig for the same user that leads to the proxy on `port`, verified by `ca` (PEM)."""
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": base64.b64encode(ca).decode()}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context.entry["name"],
        "clusters": [{"name": context.cluster["name"], "cluster": cluster}],
        "users": [context.user],
        "contexts": [context.entry],
    }


def tls_contexts(context: CurrentContext, now: datetime.datetime) -> TlsContexts:
    """A certificate for 127.0.0.1 by a CA made for this run; no key of it stays on disk."""
    upstream = ssl.create_default_context(cadata=context.ca)
    downstream = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    with temporary_directory() as folder:
        authority = certificates.authority(folder, now)
        own = certificates.serving(authority, "proxy", ["127.0.0.1"], now)
        downstream.load_cert_chain(own.cert, own.key)
        if context.certificate:
            _load_user(upstream, context, folder / "user.pem")
            downstream.load_verify_locations(cadata=context.certificate)
            downstream.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # trust this certificate, and not its CA
            downstream.verify_mode = ssl.CERT_REQUIRED
        return TlsContexts(downstream, upstream, authority.pair.cert.read_bytes())


def _load_user(upstream: ssl.SSLContext, context: CurrentContext, file: Path) -> None:
    file.touch(mode=0o600)
    file.write_bytes(context.certificate.encode() + base64.b64decode(context.user["user"]["client-key-data"]))
    upstream.load_cert_chain(file)


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for entry in entries:
        if entry["name"] == name:
            return entry
    raise LookupError(f"no entry {name}")
