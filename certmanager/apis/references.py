"""How one object names another: which issuer signs, which key of a Secret holds a password (upstream: apis/meta)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certmanager.apis.metadata import GROUP


@dataclass(frozen=True, slots=True)
class IssuerReference:
    """An issuer, by `spec.issuerRef`; with cert-manager's defaults, which stored objects leave out."""

    name: str
    kind: str = "Issuer"
    group: str = GROUP


@dataclass(frozen=True, slots=True)
class SecretKeySelector:
    """A key of a Secret in the same namespace; `key` is empty where whoever reads it has a default."""

    name: str
    key: str = ""


def issuer(reference: Mapping[str, Any]) -> IssuerReference:
    """Read an `issuerRef`."""
    default = IssuerReference(reference["name"])
    return IssuerReference(
        reference["name"], reference.get("kind") or default.kind, reference.get("group") or default.group
    )


def secret_key(selector: Mapping[str, Any] | None) -> SecretKeySelector | None:
    """Read a `…SecretRef`, if there is one."""
    return SecretKeySelector(selector["name"], selector.get("key", "")) if selector else None
