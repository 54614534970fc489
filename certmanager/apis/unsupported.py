"""Fields that the real cert-manager has and this one refuses by name.

The CRDs know them and refuse them when they are set; whoever finds one in an object that was stored before our CRDs
were there finds it here.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_CERTIFICATE = ("keystores.jks", "otherNames", "renewal")
_ISSUER = ("acme", "vault", "venafi")
FIELDS = {"Certificate": _CERTIFICATE, "CertificateRequest": (), "Issuer": _ISSUER, "ClusterIssuer": _ISSUER}
"""By kind, below `spec`."""


def problems(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is set and not supported, in the words in which the CRDs refuse it."""
    for path in FIELDS[body["kind"]]:
        value: Any = body["spec"]
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is not None:
            yield f"spec.{path} is not supported"
