"""Which of several Certificates with one spec.secretName may write the Secret: without this they would take turns.

Upstream: `internal/controller/certificates`, its `CertificateOwnsSecret`.
"""

from collections.abc import Collection

from certmanager.apis.annotations import CERTIFICATE_NAME
from certmanager.apis.certificate import Certificate
from certmanager.apis.secret import Secret


def owner(certificates: Collection[Certificate], secret: Secret | None) -> Certificate:
    """The one that the Secret's annotation names, else the oldest, of `certificates` that name this Secret."""
    noted = secret.metadata.annotations.get(CERTIFICATE_NAME) if secret else None
    by_age = sorted(certificates, key=lambda one: (one.metadata.created, one.metadata.name))
    return next((one for one in by_age if one.metadata.name == noted), by_age[0])
