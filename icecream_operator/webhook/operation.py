"""The webhook as a part of the operator: its options, and what it is made of."""

import argparse
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import kopf

from icecream_operator.operation import Operation, Parts
from icecream_operator.webhook.admission import HANDLER_ID, Admission
from icecream_operator.webhook.cert_watcher import CertWatcher
from icecream_operator.webhook.menu_watch import MenuWatch
from icecream_operator.webhook.readiness import Readiness, Requirement
from icecream_operator.webhook.server import WebhookServer
from reconciling.controller import Controller
from reconciling.endpoints import address

Server: TypeAlias = Callable[[kopf.WebhookFn], AsyncIterator[kopf.WebhookClientConfig]]
MENU_BACKOFF = 0.5, 5.0  # seconds between a watch of the menu that broke and the next list
SERVICE_BACKOFF = 0.1, 60.0  # seconds between attempts to write the Service's condition
BIND_ADDRESS = "127.0.0.1:9443"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say which options the webhook has."""
    parser.add_argument(
        "--webhook-cert-dir",
        type=Path,
        metavar="DIR",
        help="serve the admission webhook with the certificate tls.crt and the key tls.key there (default: serve none)",
    )
    parser.add_argument(
        "--webhook-bind-address",
        type=address,
        default=BIND_ADDRESS,
        metavar="ADDRESS",
        help="serve it there: HOST:PORT, or :PORT for all interfaces, or 0 not to (default: %(default)s)",
    )


def build(arguments: argparse.Namespace, parts: Parts) -> Operation:
    """Return what the webhook adds to the operator: nothing, unless there is a folder for its certificate."""
    if not arguments.webhook_cert_dir or not arguments.webhook_bind_address:
        return Operation()
    cert_watcher = CertWatcher(
        arguments.webhook_cert_dir, parts.metrics, lambda message: readiness.warn("CertificateRefused", message)
    )
    server = WebhookServer(arguments.webhook_bind_address, cert_watcher, [HANDLER_ID])
    menu_watch = MenuWatch(parts.new_queue(*MENU_BACKOFF), parts.api, lambda: readiness.look())
    admission = Admission(lambda: menu_watch.menu, parts.cache, evicts=arguments.on_oversell == "evict")
    no_certificate = f"there is no certificate in {arguments.webhook_cert_dir}"
    requirements = (
        Requirement("NoCertificate", lambda: "" if cert_watcher.loaded.is_set() else no_certificate),
        Requirement("NoMenu", menu_watch.missing),
        Requirement("NotSynced", lambda: "" if parts.cache().synced else "the icecreams haven't been listed yet"),
    )
    readiness = Readiness(parts.new_queue(*SERVICE_BACKOFF), parts.api, parts.events, requirements, parts.now)

    def on_list() -> None:
        menu_watch.start()
        readiness.look()

    return Operation(
        controllers=(
            Controller("menu", menu_watch.queue, menu_watch.reconcile),
            Controller("webhook-readiness", readiness.queue, readiness.reconcile),
        ),
        on_list=on_list,
        handlers=partial(_handlers, admission, _guarded(server, cert_watcher, readiness)),
        ready=lambda: readiness.ready,
    )


def _handlers(admission: Admission, server: Server, registry: kopf.OperatorRegistry) -> None:
    @kopf.on.startup(registry=registry)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.admission.server = server

    admission.register(registry)


def _guarded(server: WebhookServer, cert_watcher: CertWatcher, readiness: Readiness) -> Server:
    """Return a server that listens when all is there that it needs, and not before."""

    async def serve(review: kopf.WebhookFn) -> AsyncIterator[kopf.WebhookClientConfig]:
        await cert_watcher.wait_until_loaded()
        await readiness.wait_until_met()
        try:
            async for client_config in server(review):
                readiness.set_listening(True)
                yield client_config
        finally:
            readiness.set_listening(False)

    return serve
