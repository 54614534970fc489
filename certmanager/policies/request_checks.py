"""Is what is in the Secret what the Certificate asks for? The request that led to it says so, or the certificate."""

from certmanager.apis import conditions
from certmanager.pki import requests
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import same_public_key
from certmanager.policies.match import certificate_differences, request_differences
from certmanager.policies.messages import as_go_prints
from certmanager.policies.secret_checks import leaf, private_key
from certmanager.policies.state import State, Violation

INVALID_CERTIFICATE_REQUEST = "InvalidCertificateRequest"


def key_differs_from_request(state: State) -> Violation | None:
    """The Secret's key isn't the one that was certified: somebody else has written it."""
    if state.current_request is None:
        return None
    assert state.secret
    try:
        csr = requests.from_pem(state.current_request.spec.request)
    except PkiError as error:
        message = f"Failed to decode current CertificateRequest: {error}"
        return Violation(INVALID_CERTIFICATE_REQUEST, message)
    if same_public_key(csr.public_key(), private_key(state.secret).public_key()):
        return None
    message = "Secret contains a private key that does not match the current CertificateRequest"
    return Violation(conditions.SECRET_MISMATCH, message)


def differs_from_spec(state: State) -> Violation | None:
    """Other names, usages, issuer … were asked for than the spec has now."""
    spec = state.certificate.spec
    if state.current_request is None:
        return _certificate_differs_from_spec(state)
    try:
        differences = request_differences(state.current_request, spec)
    except PkiError:
        return None  # what can't be compared is no reason to issue: what is in the Secret may be right
    if not differences:
        return None
    message = f"Fields on existing CertificateRequest resource not up to date: {as_go_prints(differences)}"
    return Violation(conditions.REQUEST_CHANGED, message)


def _certificate_differs_from_spec(state: State) -> Violation | None:
    assert state.secret
    try:
        differences = certificate_differences(leaf(state.secret), state.certificate.spec)
    except PkiError:
        return None
    if not differences:
        return None
    message = f"Issuing certificate as Existing issued Secret is not up to date for spec: {as_go_prints(differences)}"
    return Violation(conditions.SECRET_MISMATCH, message)
