"""Gathers what the policies look at (upstream: `policies.Gatherer`)."""

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.cluster import BY_CONTROLLER, BY_SECRET, Cluster
from certmanager.policies import ownership
from certmanager.policies.state import State
from reconciling.cache import Key
from reconciling.errors import Retry


def gather(cluster: Cluster, certificate: Certificate) -> State:
    """The Certificate with its Secret, the request that led to what is there, and the next one.

    Raises:
        Retry: there are two requests for one revision.
    """
    revision = certificate.status.revision
    return State(
        certificate,
        cluster.secrets.cache.get(secret_key(certificate)),
        None if revision is None else _only(cluster, certificate, revision),
        _only(cluster, certificate, next_revision(certificate)),
    )


def secret_key(certificate: Certificate) -> Key:
    """The key of the Secret that it names."""
    return Key(certificate.metadata.namespace, certificate.spec.secret_name)


def next_revision(certificate: Certificate) -> int:
    """The number of the issuance that is under way, or will be the next."""
    return (certificate.status.revision or 0) + 1


def is_issuing(certificate: Certificate) -> bool:
    """Whether an issuance is under way."""
    return conditions.is_true(certificate.status.conditions, conditions.ISSUING)


def requests_of(cluster: Cluster, certificate: Certificate) -> list[CertificateRequest]:
    """All requests that it owns."""
    return cluster.requests.cache.by_index(BY_CONTROLLER, certificate.metadata.uid)


def owns_secret(cluster: Cluster, certificate: Certificate) -> bool:
    """Whether, of all Certificates that name its Secret, it is the one that may write it."""
    rivals = cluster.certificates.cache.by_index(BY_SECRET, secret_key(certificate))
    owner = ownership.owner(rivals, cluster.secrets.cache.get(secret_key(certificate)))
    return owner.metadata.uid == certificate.metadata.uid


def _only(cluster: Cluster, certificate: Certificate, revision: int) -> CertificateRequest | None:
    found = [request for request in requests_of(cluster, certificate) if request.revision == revision]
    if len(found) > 1:
        raise Retry(f"multiple CertificateRequests were found for the revision {revision}")
    return found[0] if found else None
