"""An icecream as the operator sees it: what the decisions need of the object, and its last status."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUP, VERSION, PLURAL, KIND = "demo.lva.io", "v1", "icecreams", "Icecream"
API_VERSION = f"{GROUP}/{VERSION}"
PATH = f"/apis/{API_VERSION}/{PLURAL}"


@dataclass(frozen=True, slots=True)
class Icecream:
    """One stored Icecream.

    `created` is metadata.creationTimestamp, which sorts as text; `problem` says what is wrong with a spec that was
    stored before the schema was what it is now, and is empty otherwise.
    """

    name: str
    uid: str
    resource_version: int
    generation: int
    created: str
    deleting: bool
    finalizers: tuple[str, ...]
    flavours: tuple[str, ...]
    toppings_count: int
    problem: str
    status: Mapping[str, Any]

    @property
    def rank(self) -> tuple[str, str]:
        """Its place in the order of all."""
        return self.created, self.name


def parse(body: Mapping[str, Any]) -> Icecream:
    """Read an object of the API server. Whatever is in its spec, this doesn't fail."""
    metadata, spec = body["metadata"], body.get("spec") or {}
    flavours, toppings = spec.get("flavour"), spec.get("topping", [])
    problem = _problem("spec.flavour", flavours) or _problem("spec.topping", toppings)
    if not problem and not flavours:
        problem = "spec.flavour is empty"
    return Icecream(
        name=metadata["name"],
        uid=metadata["uid"],
        resource_version=int(metadata["resourceVersion"]),
        generation=metadata["generation"],
        created=metadata["creationTimestamp"],
        deleting="deletionTimestamp" in metadata,
        finalizers=tuple(metadata.get("finalizers", ())),
        flavours=() if problem else tuple(dict.fromkeys(flavours or ())),
        toppings_count=0 if problem else len(toppings),
        problem=problem,
        status=body.get("status") or {},
    )


def _problem(field: str, value: object) -> str:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return f"{field} is not a list of strings"
    return f"{field} has a NUL character" if any("\0" in item for item in value) else ""
