"""Puts the parts together and runs them: the connection, the informers, the controllers."""

import argparse
import asyncio
import logging
import random
import secrets
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import kopf
from kubernetes.aio.client import EventsV1Api

from certmanager.apis import certificate, certificate_request
from certmanager.apis.issuer import KINDS, CAIssuer, SelfSignedIssuer
from certmanager.cluster import Cluster, KindAndKey, Queues
from certmanager.controllers.certificaterequests.approver import Approver
from certmanager.controllers.certificaterequests.ca import CA
from certmanager.controllers.certificaterequests.reconciler import CertificateRequestReconciler
from certmanager.controllers.certificaterequests.selfsigned import SelfSigned
from certmanager.controllers.certificaterequests.signer import Signer, Signs
from certmanager.controllers.certificates.issuing import Issuing
from certmanager.controllers.certificates.keymanager import KeyManager, NextKeyName
from certmanager.controllers.certificates.readiness import Readiness
from certmanager.controllers.certificates.reconciler import CertificateReconciler
from certmanager.controllers.certificates.requestmanager import RequestManager
from certmanager.controllers.certificates.revisionmanager import RevisionManager
from certmanager.controllers.certificates.secretsmanager import SecretsManager
from certmanager.controllers.certificates.trigger import Trigger
from certmanager.controllers.issuers import Issuers
from certmanager.recorder import Recorder
from reconciling.backoff import Backoff
from reconciling.cache import Key
from reconciling.connection import Connection
from reconciling.controller import Controller
from reconciling.endpoints import health, serving
from reconciling.events import Event, EventRecorder, logger_of
from reconciling.logs import object_logger
from reconciling.manager import Manager, end_on_signals
from reconciling.metrics import Metrics
from reconciling.preflight import Preflight
from reconciling.workqueue import WorkQueue

_SERIAL_BITS = 128  # RFC 5280 section 4.1.2.2 allows 20 octets
logger = logging.getLogger(__name__)
_DEPLOY, _CRDS = "-k deploy/certmanager", "-k deploy/certmanager/crds"


async def run(arguments: argparse.Namespace) -> None:
    """Run until a signal, with the arguments of the command line.

    Raises:
        CredentialsError: there are none, or the API server refuses them.
        AddressError: the endpoints can't be served there.
    """
    end_on_signals(asyncio.get_running_loop())
    metrics = Metrics()
    queues = Queues(_new_queue(), _new_queue(), _new_queue())
    cluster = Cluster(lambda: connection.api, queues, arguments.cluster_resource_namespace, arguments.namespace or None)
    lists = [informer.middleware() for informer in cluster.informers]
    connection = Connection.find(arguments.kubeconfig, [metrics.count_requests, *lists])
    recorders = Recorders(lambda: EventsV1Api(connection.api))
    own = [informer.resource for informer in cluster.informers if informer.resource.group]
    preflight = Preflight(own, _DEPLOY, _CRDS, Backoff(random.random, 0.5, 15), asyncio.sleep)

    async def log_in() -> kopf.AiohttpSession:
        session = await connection.login()
        await preflight.wait_until_served(lambda: connection.api)
        return session

    controllers = [*_controllers(cluster, queues, recorders, arguments.concurrent_workers), *recorders.controllers]
    manager = Manager(log_in, cluster.informers, controllers, metrics, arguments.namespace or None)
    async with (
        serving(arguments.healthz_listen_address, health(lambda: manager.synced)),
        serving(arguments.metrics_listen_address, [metrics.endpoint()]),
        connection,
    ):
        await log_in()
        logger.info("Operating on %s", connection.api.configuration.host)
        await manager.run()


class Recorders:
    """Makes recorders in the names of upstream's controllers, and has their Events written."""

    def __init__(self, api: Callable[[], EventsV1Api]) -> None:
        self._api = api
        self.controllers: list[Controller[Event]] = []

    def recorder(self, controller: str, kind: str) -> Recorder:
        """A recorder for objects of a kind, in the name of a controller."""
        queue: WorkQueue[Event] = _new_queue()
        events = EventRecorder(queue, self._api, f"cert-manager-{controller}", socket.gethostname(), _now)
        self.controllers.append(Controller(f"events-{controller}", queue, events.write, 1, logger_of))
        return Recorder(events, kind)


def _controllers(cluster: Cluster, queues: Queues, recorders: Recorders, workers: int) -> list[Controller[Any]]:
    issuers = Issuers(cluster, {kind: recorders.recorder(f"{kind.lower()}s", kind) for kind in KINDS}, _now)
    of_certificates = _certificates(cluster, queues.certificates, recorders)
    of_requests = _requests(cluster, recorders)
    return [
        Controller("certificates", queues.certificates, of_certificates.reconcile, workers, _logger_of),
        Controller("certificaterequests", queues.requests, of_requests.reconcile, workers, _logger_of),
        Controller("issuers", queues.issuers, issuers.reconcile, workers, _logger_of_issuer),
    ]


def _certificates(cluster: Cluster, queue: WorkQueue[Key], recorders: Recorders) -> CertificateReconciler:
    def recorder(controller: str) -> Recorder:
        return recorders.recorder(f"certificates-{controller}", certificate.KIND)

    status_duties = (
        Trigger(cluster, recorder("trigger"), _now),
        Issuing(cluster, SecretsManager(cluster), recorder("issuing"), _now),
        NextKeyName(),
        Readiness(cluster, _now),
    )
    duties = (
        KeyManager(cluster, recorder("key-manager")),
        RequestManager(cluster, recorder("request-manager")),
        RevisionManager(cluster),
    )
    return CertificateReconciler(cluster, queue, status_duties, duties, _now)


def _requests(cluster: Cluster, recorders: Recorders) -> CertificateRequestReconciler:
    def recorder(controller: str) -> Recorder:
        return recorders.recorder(f"certificaterequests-{controller}", certificate_request.KIND)

    by_selfsigned, by_ca = recorder("issuer-selfsigned"), recorder("issuer-ca")
    signs: Signs = {
        SelfSignedIssuer: (SelfSigned(cluster, by_selfsigned, _serial), by_selfsigned),
        CAIssuer: (CA(cluster, _serial), by_ca),
    }
    approver = Approver(cluster, recorder("approver"), _now)
    return CertificateRequestReconciler(cluster, (approver, Signer(cluster, signs, by_selfsigned, _now)))


def _new_queue() -> WorkQueue[Any]:
    return WorkQueue(Backoff(random.random), asyncio.get_running_loop().call_later)


def _logger_of(key: Key) -> logging.LoggerAdapter[Any]:
    return object_logger(logger, key.name, key.namespace)


def _logger_of_issuer(kind_and_key: KindAndKey) -> logging.LoggerAdapter[Any]:
    return _logger_of(kind_and_key[1])


def _serial() -> int:
    return secrets.randbits(_SERIAL_BITS) or 1


def _now() -> datetime:
    return datetime.now(UTC)
