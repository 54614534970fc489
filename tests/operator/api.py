"""The API server for tests that ask it often: the kubernetes client's requests about icecreams.

One kubectl costs a tenth of a second of CPU, one request here a hundredth of that.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kubernetes import config
from kubernetes.client import ApiClient, ApiException, CustomObjectsApi, V1DeleteOptions, V1Preconditions

ICECREAMS = ("demo.lva.io", "v1", "icecreams")
MERGE_PATCH = "application/merge-patch+json"
HOLD = "example.com/hold"

Body = dict[str, Any]


class Icecreams:
    """All that an admin does with icecreams. Methods return None where the API server says 404, 409 or 422."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self._objects = CustomObjectsApi(client)

    def create(self, manifest: Body) -> Body | None:
        return _unless_refused(lambda: self._objects.create_cluster_custom_object(*ICECREAMS, manifest))

    def read(self, name: str) -> Body | None:
        return _unless_refused(lambda: self._objects.get_cluster_custom_object(*ICECREAMS, name))

    def patch(self, name: str, patch: Body) -> Body | None:
        """Apply a JSON merge patch."""
        return _unless_refused(
            lambda: self._objects.patch_cluster_custom_object(*ICECREAMS, name, patch, _content_type=MERGE_PATCH)
        )

    def patch_status(self, name: str, status: Body) -> Body | None:
        return _unless_refused(
            lambda: self._objects.patch_cluster_custom_object_status(
                *ICECREAMS, name, {"status": status}, _content_type=MERGE_PATCH
            )
        )

    def delete(self, icecream: Body) -> Body | None:
        """Delete it if it still is as it was seen, so that whoever is answered has deleted it, and nobody else."""
        metadata = icecream["metadata"]
        seen = V1Preconditions(uid=metadata["uid"], resource_version=metadata["resourceVersion"])
        return _unless_refused(
            lambda: self._objects.delete_cluster_custom_object(
                *ICECREAMS, metadata["name"], body=V1DeleteOptions(preconditions=seen)
            )
        )

    def list(self) -> list[Body]:
        items: list[Body] = self._listed()["items"]
        return items

    def clear(self) -> None:
        """Delete all, whatever holds them."""
        for icecream in self.list():
            if icecream["metadata"].get("finalizers"):
                self.patch(icecream["metadata"]["name"], {"metadata": {"finalizers": None}})
        self._objects.delete_collection_cluster_custom_object(*ICECREAMS)

    def version(self) -> str:
        """The most recent resourceVersion."""
        return str(self._listed()["metadata"]["resourceVersion"])

    def _listed(self) -> Any:
        return self._objects.list_cluster_custom_object(*ICECREAMS)


@contextlib.contextmanager
def connected(kubeconfig: Path) -> Iterator[Icecreams]:
    """Icecreams at the API server of `kubeconfig`."""
    client = config.new_client_from_config(str(kubeconfig))  # type: ignore[no-untyped-call]
    client.configuration.retries = False
    try:
        yield Icecreams(client)
    finally:
        client.close()
        client.rest_client.pool_manager.clear()


def _unless_refused(ask: Callable[[], Any]) -> Body | None:
    try:
        answer: Body = ask()
    except ApiException as error:
        if error.status in (404, 409, 422):
            return None
        raise
    return answer
