"""Requests about cert-manager's objects, by the kubernetes client, as an admin or as somebody else."""

import json
from typing import Any, TypeAlias

from kubernetes.client import ApiClient, ApiException, CustomObjectsApi

Body: TypeAlias = dict[str, Any]  # an object of the API, as JSON

NAMESPACE = "default"
RESOURCES = {
    "Certificate": "certificates",
    "CertificateRequest": "certificaterequests",
    "Issuer": "issuers",
    "ClusterIssuer": "clusterissuers",
}
_VERSION = ("cert-manager.io", "v1")
_MERGE_PATCH = "application/merge-patch+json"


class Refused(Exception):  # noqa: N818 - the API server's answer, not an error of ours
    """The API server has refused a request; the message is its own."""


class Api:
    """cert-manager's API. What is read and written is JSON as it is stored."""

    def __init__(self, client: ApiClient) -> None:
        self._objects: Any = CustomObjectsApi(client)

    @classmethod
    def of(cls, client: ApiClient, user: str, *groups: str) -> "Api":
        """The API as `user` uses it, by impersonation; each user needs a client of its own."""
        client.set_default_header("Impersonate-User", user)  # type: ignore[no-untyped-call]
        for group in groups:
            client.set_default_header("Impersonate-Group", group)  # type: ignore[no-untyped-call]
        return cls(client)

    def create(self, kind: str, spec: object, *, dry_run: bool = False, **metadata: Any) -> Body:
        """Create an object, and return it as it was stored, or would be. Unknown fields are refused.

        Raises:
            Refused: the API server doesn't take it.
        """
        name = {"name": "one"} if dry_run else {"generateName": "one-"}
        body = {"apiVersion": "/".join(_VERSION), "kind": kind, "metadata": name | metadata, "spec": spec}
        options = {"field_validation": "Strict"} | ({"dry_run": "All"} if dry_run else {})
        return self._request("create", kind, body, **options)

    def patch(self, stored: Body, patch: Body) -> Body:
        """Apply a JSON merge patch, but for the status.

        Raises:
            Refused: the API server doesn't take it.
        """
        return self._request("patch", stored["kind"], stored["metadata"]["name"], patch, _content_type=_MERGE_PATCH)

    def patch_status(self, stored: Body, status: object) -> Body:
        """Apply a JSON merge patch to the status.

        Raises:
            Refused: the API server doesn't take it.
        """
        name, patch = stored["metadata"]["name"], {"status": status}
        return self._request("patch", stored["kind"], name, patch, subresource="_status", _content_type=_MERGE_PATCH)

    def list(self, kind: str, **options: str) -> list[Body]:
        """Return the objects of a kind."""
        items: list[Body] = self._request("list", kind, **options)["items"]
        return items

    def _request(self, verb: str, kind: str, *arguments: object, subresource: str = "", **options: object) -> Body:
        scope, namespace = ("cluster", ()) if kind == "ClusterIssuer" else ("namespaced", (NAMESPACE,))
        method = getattr(self._objects, f"{verb}_{scope}_custom_object{subresource}")
        try:
            answer: Body = method(*_VERSION, *namespace, RESOURCES[kind], *arguments, **options)
        except ApiException as error:
            raise Refused(json.loads(error.body or "{}")["message"]) from error
        return answer
