"""An admin's requests about icecreams, by the kubernetes client: each costs a hundredth of a kubectl.

Every method raises the client's own ApiException where the API server refuses.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeAlias

from kubernetes import config
from kubernetes.client import ApiClient, ApiException, Configuration, CustomObjectsApi, V1DeleteOptions, V1Preconditions

Body: TypeAlias = dict[str, Any]  # an object of the API, as JSON

GROUP = "demo.lva.io"
_ICECREAMS = (GROUP, "v1", "icecreams")
_MERGE_PATCH = "application/merge-patch+json"


def manifest(name: str, *flavours: str, topping: Sequence[str] = (), **metadata: object) -> Body:
    """Return an Icecream as it can be created."""
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Icecream",
        "metadata": {"name": name, **metadata},
        "spec": {"flavour": list(flavours), "topping": list(topping)},
    }


@contextlib.contextmanager
def connected(kubeconfig: Path) -> Iterator[ApiClient]:
    """A client of the API server of `kubeconfig`, which fails at once and leaves no connection behind.

    It writes certificate and key into files beside that, for Python's TLS; so they go with it if we are killed.
    """
    configuration: Configuration = type.__call__(Configuration)
    configuration.retries = False
    config.load_kube_config(  # type: ignore[no-untyped-call]
        str(kubeconfig), client_configuration=configuration, temp_file_path=str(kubeconfig.parent)
    )
    client = ApiClient(configuration)
    try:
        yield client
    finally:
        client.close()  # type: ignore[no-untyped-call]
        client.rest_client.pool_manager.clear()


class Icecreams:
    """The icecreams of a cluster."""

    def __init__(self, client: ApiClient) -> None:
        self._objects: Any = CustomObjectsApi(client)

    def create(self, icecream: Body, *, dry_run: bool = False) -> Body:
        """Create it, and return it as it was stored, or as it would have been."""
        options = {"dry_run": "All"} if dry_run else {}
        stored: Body = self._objects.create_cluster_custom_object(*_ICECREAMS, icecream, **options)
        return stored

    def read(self, name: str) -> Body | None:
        """Return the icecream of that name, if there is one."""
        try:
            icecream: Body = self._objects.get_cluster_custom_object(*_ICECREAMS, name)
        except ApiException as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None
        return icecream

    def patch(self, name: str, patch: Body) -> Body:
        """Apply a JSON merge patch, but for the status."""
        patched: Body = self._objects.patch_cluster_custom_object(*_ICECREAMS, name, patch, _content_type=_MERGE_PATCH)
        return patched

    def patch_status(self, name: str, status: Body) -> Body:
        """Apply a JSON merge patch to the status."""
        patched: Body = self._objects.patch_cluster_custom_object_status(
            *_ICECREAMS, name, {"status": status}, _content_type=_MERGE_PATCH
        )
        return patched

    def delete(self, name: str, *, seen: Body | None = None) -> None:
        """Delete it; with `seen`, only if it still is as it was then, so that nobody else has deleted it."""
        conditions = None
        if seen:
            metadata = seen["metadata"]
            conditions = V1Preconditions(uid=metadata["uid"], resource_version=metadata["resourceVersion"])
        options = V1DeleteOptions(preconditions=conditions)
        self._objects.delete_cluster_custom_object(*_ICECREAMS, name, body=options)

    def list(self) -> list[Body]:
        """Return all of them, by name."""
        items: list[Body] = self._list()["items"]
        return items

    def resource_version(self) -> str:
        """Return the most recent resourceVersion, from which a watch may begin."""
        return str(self._list()["metadata"]["resourceVersion"])

    def delete_all(self) -> None:
        """Delete all of them, whatever finalizers they have."""
        for icecream in self.list():
            if icecream["metadata"].get("finalizers"):
                self.patch(icecream["metadata"]["name"], {"metadata": {"finalizers": None}})
        self._objects.delete_collection_cluster_custom_object(*_ICECREAMS)

    def _list(self) -> Any:
        return self._objects.list_cluster_custom_object(*_ICECREAMS)


View: TypeAlias = Mapping[str, object]  # of an icecream: the fields of its status, and its condition Ready in words

GONE: View = {"there": False}
SOLD = "True (Sold)"
OVERSOLD = "False (Oversold)"


def view(icecream: Body | None) -> View:
    """Return what a check compares of an icecream."""
    if icecream is None:
        return GONE
    status = icecream.get("status", {})
    fields = {field: status[field] for field in ("soldOut", "toppingsCount", "observedGeneration") if field in status}
    for condition in status.get("conditions", ()):
        if condition["type"] == "Ready":
            fields["Ready"] = f"{condition['status']} ({condition['reason']})"
    return fields


def matches(seen: View, wanted: View) -> bool:
    """Whether what is `seen` has all that is `wanted`."""
    return seen == GONE if wanted == GONE else all(seen.get(field) == value for field, value in wanted.items())


def describe(seen: View) -> str:
    """Return the same for people."""
    if seen == GONE:
        return "there is no such icecream"
    fields = [f"{field} {str(value).lower() if isinstance(value, bool) else value}" for field, value in seen.items()]
    return ", ".join(fields) or "it has no status"
