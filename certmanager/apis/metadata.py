"""Of an object's metadata, what the controllers need."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUP, VERSION = "cert-manager.io", "v1"
API_VERSION = f"{GROUP}/{VERSION}"


@dataclass(frozen=True, slots=True)
class ObjectMeta:
    """An object's metadata; `controller` is the uid of the owner that controls it, or empty.

    `created` is metadata.creationTimestamp, which sorts as text; `namespace` is empty for what is cluster-scoped.
    """

    namespace: str
    name: str
    uid: str
    resource_version: str
    generation: int
    created: str
    deleting: bool
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    controller: str


def parse(body: Mapping[str, Any]) -> ObjectMeta:
    """The metadata of an object of the API server."""
    metadata = body["metadata"]
    owners = metadata.get("ownerReferences", ())
    return ObjectMeta(
        namespace=metadata.get("namespace", ""),
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=metadata["resourceVersion"],
        generation=metadata.get("generation", 0),
        created=metadata["creationTimestamp"],
        deleting="deletionTimestamp" in metadata,
        labels=metadata.get("labels") or {},
        annotations=metadata.get("annotations") or {},
        controller=next((owner["uid"] for owner in owners if owner.get("controller")), ""),
    )
