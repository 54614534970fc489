"""What makes an object a Certificate's own: it is deleted with it, and its changes concern it."""

from certmanager.apis.certificate import KIND, Certificate
from certmanager.apis.metadata import API_VERSION


def owner_reference(certificate: Certificate) -> dict[str, object]:
    """The reference in metadata.ownerReferences (metav1.NewControllerRef)."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": certificate.metadata.name,
        "uid": certificate.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
