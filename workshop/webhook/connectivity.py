"""Goes the whole way from the API server to the webhook, step by step, and stops at the first that is wrong.

What an API server has to say of a webhook that it can't use is one line, and it is only said to whoever writes an
icecream. So each step is done here as the API server does it, and in the end it is asked itself.
"""

import datetime
import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workshop.webhook import admission_review, configuration, installation
from workshop.webhook.configuration import CONFIGURATION, WEBHOOK, ClientConfig
from workshop.webhook.errors import FaultError
from workshop.webhook.handshake import Endpoint
from workshop.workspace.cluster import Cluster

_ORDER = admission_review.icecream("webhook-check", "vanilla")
_MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class Passed:
    """A step that is in order, and what was seen there."""

    step: str
    seen: str


def trace(cluster: Cluster, now: datetime.datetime) -> Iterator[Passed]:
    """Yield the steps that are in order.

    Raises:
        FaultError: the first that isn't.
    """
    config = configuration.client_config(_configuration(cluster))
    yield Passed("configuration", f"{CONFIGURATION} asks {config.server_name}:{config.port}{config.path}")
    bundle = configuration.authorities(config)
    yield Passed("bundle", configuration.subjects(bundle))
    service = _service(cluster, config)
    destination = configuration.destination(config, service)
    if destination:
        host, port = destination
        yield Passed("Service", f"leads to {host}:{port}")
        certificate = f"python -m icecream_operator.webhook.self_signed_ca --out {installation.cert_dir(cluster)}"
        endpoint = Endpoint(host, port, config.server_name, bundle, config.timeout, certificate)
        yield _connected(endpoint, configuration.why_not_ready(service or {}))
        yield from _trace_tls(endpoint, config, now)
        yield Passed("answer", _asked(endpoint, config))
    else:
        yield Passed("Service", "leads into the cluster, where this command can't follow it")
    yield Passed("API server", _asked_by_the_api_server(cluster, config))


def _connected(endpoint: Endpoint, why_not_ready: str) -> Passed:
    try:
        endpoint.connect().close()
    except FaultError as fault:
        if why_not_ready:
            raise FaultError(fault.step, f"{fault}; the Service says: {why_not_ready}", fault.remedy) from None
        raise
    return Passed("connection", f"{endpoint.host}:{endpoint.port} listens")


def _trace_tls(endpoint: Endpoint, config: ClientConfig, now: datetime.datetime) -> Iterator[Passed]:
    version, leaf = endpoint.shake_hands()
    yield Passed("handshake", f"{version}, with certificate {leaf.serial_number:040x}")
    endpoint.verify_chain(leaf)
    yield Passed("chain", f"signed by {leaf.issuer.rfc4514_string()}, which is in the bundle")
    endpoint.verify_name(leaf)
    yield Passed("name", config.server_name)
    endpoint.verify_validity(leaf, now)
    yield Passed("validity", f"until {leaf.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC")


def _configuration(cluster: Cluster) -> dict[str, Any]:
    kind = "validatingwebhookconfiguration"
    printed = cluster.kubectl("get", kind, CONFIGURATION, "--ignore-not-found", "-o=json")
    if not printed:
        what = f"there is no ValidatingWebhookConfiguration {CONFIGURATION}: the API server asks nobody"
        raise FaultError("configuration", what, configuration.INSTALL)
    installed: dict[str, Any] = json.loads(printed)
    return installed


def _service(cluster: Cluster, config: ClientConfig) -> dict[str, Any] | None:
    which = "service", config.service, f"-n={config.namespace}"
    printed = cluster.kubectl("get", *which, "--ignore-not-found", "-o=json")
    return json.loads(printed) if printed else None


def _asked(endpoint: Endpoint, config: ClientConfig) -> str:
    uid = str(uuid.uuid4())
    status, body = _post(endpoint, config.path, admission_review.request(uid, _ORDER))
    if status == http.HTTPStatus.NOT_FOUND:
        what = f"nothing is served at {config.path} (404)"
        raise FaultError("answer", what, "make the path and the id of the operator's handler the same")
    if status != http.HTTPStatus.OK:
        raise FaultError("answer", f"it answers with status {status}", "look at the operator's log")
    try:
        return admission_review.answer(body, uid)
    except ValueError as error:
        raise FaultError("answer", str(error), "let the operator listen there, and look at its log") from None


def _post(endpoint: Endpoint, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(endpoint.server_name)
    try:
        connection.sock = endpoint.open()
        connection.request("POST", f"{path}?timeout={endpoint.timeout:g}s", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read(_MOST_BYTES)
    except (OSError, http.client.HTTPException) as error:
        why = f"not within {endpoint.timeout:g} s" if isinstance(error, TimeoutError) else str(error)
        raise FaultError("answer", f"it doesn't answer: {why}", "look at the operator's log") from None
    finally:
        connection.close()


def _asked_by_the_api_server(cluster: Cluster, config: ClientConfig) -> str:
    """Have the API server ask, by an order that is only a dry run, and return what came of it."""
    said = cluster.kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(_ORDER), check=False).strip()
    if f'failed calling webhook "{WEBHOOK}"' in said:
        raise FaultError("API server", said, "these are its own words; there is more in: workshop logs kube-apiserver")
    if "no matches for kind" in said:
        raise FaultError("API server", "it knows no icecreams", "kubectl apply -f deploy/crds")
    if not admission_review.came_through(said, WEBHOOK):
        what = f"the order didn't come as far as the webhook: {said}"
        raise FaultError("API server", what, "see what refuses it: the schema, a policy, another webhook")
    ignores = config.failure_policy == "Ignore"
    return f"{said}; but it passes what it can't ask about, too (failurePolicy Ignore)" if ignores else said
