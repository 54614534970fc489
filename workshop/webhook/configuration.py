"""What the API server is told about the webhook: the objects of `deploy/webhook`, and how they are on this machine.

Plain values; `installation` writes them, `connectivity` reads them.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from cryptography import x509

from certmanager.pki import chains
from certmanager.pki.errors import PkiError
from workshop.webhook.errors import FaultError

Manifest: TypeAlias = dict[str, Any]

MANIFESTS = "deploy/webhook"
CONFIGURATION = "demooperator-validating-webhook-configuration"
WEBHOOK = "vicecream.kb.io"
NAMESPACE = "demooperator-system"
SERVICE = "demooperator-webhook-service"
MENU = "menu"
INSTALL = "workshop webhook install"


@dataclass(frozen=True)
class ClientConfig:
    """Whom the API server asks, and how: what it needs of a webhook's entry; `timeout` is in seconds."""

    namespace: str
    service: str
    port: int
    path: str
    ca_bundle: str
    timeout: float
    failure_policy: str

    @property
    def server_name(self) -> str:
        """The name that has to stand in the webhook's certificate."""
        return f"{self.service}.{self.namespace}.svc"


def on_this_machine(manifests: list[Manifest], port: int, bundle: bytes) -> list[Manifest]:
    """Return the manifests for an operator that listens on `port` of this machine, its CAs in `bundle` (PEM).

    The Service becomes another name for localhost, so name and certificate are those of a real cluster. With that type
    the API server goes to the port that stands in the configuration, whatever ports the Service has.
    """
    return [_on_this_machine(manifest, port, bundle) for manifest in manifests]


def _on_this_machine(manifest: Manifest, port: int, bundle: bytes) -> Manifest:
    if manifest["kind"] == "Service":
        return {**manifest, "spec": {"type": "ExternalName", "externalName": "localhost"}}
    if manifest["kind"] == "ValidatingWebhookConfiguration":
        return {**manifest, "webhooks": [_reached_at(webhook, port, bundle) for webhook in manifest["webhooks"]]}
    return manifest


def _reached_at(webhook: Manifest, port: int, bundle: bytes) -> Manifest:
    client_config = webhook["clientConfig"]
    service = {**client_config["service"], "port": port}
    ca_bundle = base64.b64encode(bundle).decode()
    return {**webhook, "clientConfig": {**client_config, "service": service, "caBundle": ca_bundle}}


def client_config(configuration: Mapping[str, Any]) -> ClientConfig:
    """Read the ValidatingWebhookConfiguration as the API server does.

    Raises:
        FaultError: it doesn't say what it has to say.
    """
    webhooks = {webhook["name"]: webhook for webhook in configuration.get("webhooks", ())}
    if WEBHOOK not in webhooks:
        raise FaultError("configuration", f"{CONFIGURATION} has no webhook {WEBHOOK}", INSTALL)
    webhook = webhooks[WEBHOOK]
    service = webhook["clientConfig"].get("service")
    if service is None:
        url = webhook["clientConfig"].get("url")
        what = f"it names the URL {url}, and not the Service {SERVICE}"
        raise FaultError("configuration", what, f"workshop webhook uninstall, and {INSTALL}")
    return ClientConfig(
        service["namespace"],
        service["name"],
        service.get("port", 443),
        service.get("path", "/"),
        webhook["clientConfig"].get("caBundle", ""),
        webhook["timeoutSeconds"],
        webhook["failurePolicy"],
    )


def authorities(config: ClientConfig) -> tuple[x509.Certificate, ...]:
    """Return the CAs by which the API server knows the webhook.

    Raises:
        FaultError: there are none that can be read.
    """
    if not config.ca_bundle:
        what = "there is no caBundle, so the API server trusts public CAs, and yours is none"
        raise FaultError("bundle", what, f"{INSTALL}, which puts ca.crt there")
    try:
        return chains.from_pem(base64.b64decode(config.ca_bundle, validate=True))
    except (PkiError, binascii.Error) as error:
        raise FaultError("bundle", f"the caBundle can't be read: {error}", f"{INSTALL}, with a ca.crt in PEM") from None


def subjects(certificates: Iterable[x509.Certificate]) -> str:
    """Return whose certificates these are, in words."""
    return ", ".join(certificate.subject.rfc4514_string() for certificate in certificates)


def why_not_ready(service: Mapping[str, Any]) -> str:
    """Return what the operator says it waits for, by the Service's condition WebhookReady; nothing if it doesn't."""
    for condition in service.get("status", {}).get("conditions", ()):
        if condition["type"] == "WebhookReady" and condition["status"] == "False":
            return str(condition["message"])
    return ""


def destination(config: ClientConfig, service: Mapping[str, Any] | None) -> tuple[str, int] | None:
    """Return host and port to which the API server connects; None if that is inside the cluster.

    Raises:
        FaultError: there is no such Service, or it hasn't that port.
    """
    if service is None:
        what = f"there is no Service {config.namespace}/{config.service}, so {config.server_name} leads nowhere"
        raise FaultError("Service", what, INSTALL)
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return spec["externalName"], config.port
    ports = [port["port"] for port in spec.get("ports", ())]
    if config.port not in ports:
        what = f"the Service has no port {config.port}, for which the configuration asks; it has {ports}"
        raise FaultError("Service", what, "give both the same port")
    return None
