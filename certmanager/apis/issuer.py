"""Issuer and ClusterIssuer: whoever signs. They have one schema; the second serves all namespaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certmanager.apis import conditions, metadata
from certmanager.apis.metadata import ObjectMeta

KINDS = {"Issuer": "issuers", "ClusterIssuer": "clusterissuers"}
"""The kinds, and the resources by which the API server serves them."""
NAMESPACED = "Issuer"


@dataclass(frozen=True, slots=True)
class SelfSignedIssuer:
    """`spec.selfSigned`: each certificate is signed with its own key."""

    crl_distribution_points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CAIssuer:
    """`spec.ca`: certificates are signed with the key pair in a Secret; where to ask about them is written in."""

    secret_name: str
    crl_distribution_points: tuple[str, ...] = ()
    ocsp_servers: tuple[str, ...] = ()
    issuing_certificate_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issuer:
    """One stored Issuer or ClusterIssuer. `config` is None where its type is one that isn't supported."""

    kind: str
    metadata: ObjectMeta
    config: SelfSignedIssuer | CAIssuer | None
    conditions: Sequence[Mapping[str, Any]] = ()

    @property
    def ready(self) -> bool:
        """Whether it can sign."""
        return conditions.is_true(self.conditions, conditions.READY)


def parse(body: Mapping[str, Any]) -> Issuer:
    """Read an object of the API server."""
    return Issuer(
        kind=body["kind"],
        metadata=metadata.parse(body),
        config=_config(body["spec"]),
        conditions=(body.get("status") or {}).get("conditions") or (),
    )


def _config(spec: Mapping[str, Any]) -> SelfSignedIssuer | CAIssuer | None:
    if (ca := spec.get("ca")) is not None:
        return CAIssuer(
            secret_name=ca["secretName"],
            crl_distribution_points=tuple(ca.get("crlDistributionPoints") or ()),
            ocsp_servers=tuple(ca.get("ocspServers") or ()),
            issuing_certificate_urls=tuple(ca.get("issuingCertificateURLs") or ()),
        )
    if (self_signed := spec.get("selfSigned")) is not None:
        return SelfSignedIssuer(tuple(self_signed.get("crlDistributionPoints") or ()))
    return None
