"""A namespace of a test's own: what a test creates there, and what it waits for, which comes true within 20 seconds."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from kubernetes.client import ApiClient, ApiException, CoreV1Api, CustomObjectsApi

from certmanager.apis.metadata import API_VERSION, GROUP, VERSION
from workshop.faults.scenario import OWN
from workshop.system.polling import eventually
from workshop.testing import audit_log
from workshop.testing.audit_log import AuditedRequest, Position
from workshop.testing.control_plane import ControlPlane
from workshop.workspace.operators import OPERATORS

Body = dict[str, Any]
CERTMANAGER = OPERATORS["certmanager"]
PLURALS = {"Certificate": "certificates", "CertificateRequest": "certificaterequests", "Issuer": "issuers"}
SELF_SIGNED: Body = {"selfSigned": {}}


@dataclass
class Namespace:
    """One namespace of a control plane, with an admin's client."""

    cluster: ControlPlane
    client: ApiClient
    name: str
    markers: int = 0
    since: Position = field(init=False)

    def __post_init__(self) -> None:
        self.since = audit_log.end(self.cluster)

    def issuer(self, name: str = "issuer", spec: Mapping[str, Any] = SELF_SIGNED) -> None:
        self.create("Issuer", name, spec)

    def certificate(self, name: str = "cert", **spec: Any) -> Body:
        """Create a Certificate for a.test in the Secret tls, with a key that is quickly made."""
        default = {
            "secretName": "tls",
            "issuerRef": {"name": "issuer"},
            "dnsNames": ["a.test"],
            "privateKey": {"algorithm": "ECDSA"},
        }
        return self.create("Certificate", name, default | spec)

    def create(self, kind: str, name: str, spec: Mapping[str, Any]) -> Body:
        """Create one of cert-manager's kinds, and return it as it was stored."""
        body = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}
        created: Any = self._custom.create_namespaced_custom_object(*self._path(kind), body)
        return dict(created)

    def get(self, kind: str, name: str) -> Body | None:
        """The object as it is, or None."""
        try:
            if kind == "Secret":
                return self._as_json(CoreV1Api(self.client).read_namespaced_secret(name, self.name))
            return self._as_json(self._custom.get_namespaced_custom_object(*self._path(kind), name))
        except ApiException as error:
            if error.status != 404:
                raise
            return None

    def names(self, kind: str) -> list[str]:
        """The names of all objects of a kind, but for markers."""
        if kind == "Secret":
            listed: object = CoreV1Api(self.client).list_namespaced_secret(self.name)
        else:
            listed = self._custom.list_namespaced_custom_object(*self._path(kind))
        names = [item["metadata"]["name"] for item in self._as_json(listed)["items"]]
        return sorted(name for name in names if not name.startswith(OWN))

    def _as_json(self, answer: object) -> Body:
        return self.client.sanitize_for_serialization(answer)  # type: ignore[no-untyped-call, no-any-return]

    def patch(self, kind: str, name: str, patch: Body) -> None:
        """A merge patch."""
        more: dict[str, Any] = {"_content_type": "application/merge-patch+json"}
        if kind == "Secret":
            CoreV1Api(self.client).patch_namespaced_secret(name, self.name, patch, **more)
        else:
            self._custom.patch_namespaced_custom_object(*self._path(kind), name, patch, **more)

    def patch_status(self, kind: str, name: str, status: Body) -> None:
        """A merge patch of the status."""
        more: dict[str, Any] = {"_content_type": "application/merge-patch+json"}
        self._custom.patch_namespaced_custom_object_status(*self._path(kind), name, {"status": status}, **more)

    def delete(self, kind: str, name: str) -> None:
        """Delete an object, and don't wait until it is gone."""
        if kind == "Secret":
            CoreV1Api(self.client).delete_namespaced_secret(name, self.name)
        else:
            self._custom.delete_namespaced_custom_object(*self._path(kind), name)

    def delete_all(self) -> None:
        """Delete all objects but Events."""
        for kind in PLURALS:
            self._custom.delete_collection_namespaced_custom_object(*self._path(kind))
        CoreV1Api(self.client).delete_collection_namespaced_secret(self.name)

    @property
    def _custom(self) -> CustomObjectsApi:
        return CustomObjectsApi(self.client)

    def _path(self, kind: str) -> tuple[str, str, str, str]:
        return GROUP, VERSION, self.name, PLURALS[kind]

    def put_secret(self, name: str, data: Mapping[str, bytes], type_: str = "kubernetes.io/tls") -> None:
        encoded = {key: base64.b64encode(value).decode() for key, value in data.items()}
        body: Any = {"metadata": {"name": name}, "type": type_, "data": encoded}
        CoreV1Api(self.client).create_namespaced_secret(self.name, body)

    def condition(self, kind: str, name: str, type_: str) -> tuple[str, str, str] | None:
        """Status, reason and message of a condition."""
        conditions = ((self.get(kind, name) or {}).get("status") or {}).get("conditions", ())
        found = next((one for one in conditions if one["type"] == type_), None)
        return found and (found["status"], found["reason"], found.get("message", ""))

    def eventually(self, kind: str, name: str, type_: str, status: str, reason: str, message: str = "") -> None:
        """Wait until a condition says this; its message begins so."""

        def look() -> None:
            seen = self.condition(kind, name, type_)
            assert seen, f"{kind} {name} has no condition {type_}"
            assert (seen[0], seen[1], seen[2][: len(message)]) == (status, reason, message), seen

        eventually(look)

    def issued(self, name: str = "cert", revision: int = 1) -> Body:
        """Assert that a Certificate is ready, with this revision, and nothing of the issuance is left; return it."""
        body = self.get("Certificate", name)
        assert body
        status = body.get("status") or {}
        conditions = [(one["type"], one["status"]) for one in status.get("conditions", ())]
        assert (conditions, status.get("revision")) == ([("Ready", "True")], revision), status
        assert status["conditions"][0]["observedGeneration"] == body["metadata"]["generation"]
        assert "nextPrivateKeySecretName" not in status
        return body

    def eventually_issued(self, name: str = "cert", revision: int = 1) -> Body:
        """Wait until it is `issued`."""
        return eventually(lambda: self.issued(name, revision))

    def leaf(self, of: str = "tls") -> x509.Certificate:
        """The certificate in a Secret."""
        body = self.get("Secret", of)
        assert body
        return x509.load_pem_x509_certificate(base64.b64decode(body["data"]["tls.crt"]))

    def settle(self) -> None:
        """Wait until the controllers have dealt with all that was there before: they have, when they get to these."""
        for _ in range(2):
            self.markers += 1
            name = f"{OWN}{self.markers}"
            self.issuer(name)
            self.certificate(name, secretName=name, issuerRef={"name": name})
            self.eventually_issued(name)

    def writes(self) -> list[AuditedRequest]:
        """What the controllers have written since `since`, but for Events and what is about markers."""
        return [
            request
            for request in audit_log.requests(self.cluster, CERTMANAGER, self.since)
            if request.mutating and request.resource != "events" and not _is_about_marker(request)
        ]

    def events(self) -> list[tuple[str, str, str]]:
        """Kind and name, reason and note of all Events."""
        listed = self.cluster.get("events.events.k8s.io", f"-n={self.name}")["items"]
        return sorted(
            (f"{event['regarding']['kind']}/{event['regarding']['name']}", event["reason"], event["note"])
            for event in listed
            if not event["regarding"]["name"].startswith(OWN)
        )


def _is_about_marker(request: AuditedRequest) -> bool:
    name = request.name or request.body.get("metadata", {}).get("name", "")
    return str(name).startswith(OWN)
