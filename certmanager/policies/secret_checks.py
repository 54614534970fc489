"""Is there a key pair in the Secret, and is it this Certificate's? Each check relies on those before it."""

from cryptography import x509

from certmanager.apis import annotations, conditions
from certmanager.apis.references import IssuerReference
from certmanager.apis.secret import TLS_CRT, TLS_KEY, Secret
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey, same_public_key
from certmanager.policies.match import private_key_differences
from certmanager.policies.messages import as_go_prints
from certmanager.policies.state import State, Violation


def does_not_exist(state: State) -> Violation | None:
    """There is no Secret."""
    if state.secret is None:
        return Violation(conditions.DOES_NOT_EXIST, "Issuing certificate as Secret does not exist")
    return None


def misses_data(state: State) -> Violation | None:
    """It lacks the key or the certificate."""
    data = _secret(state).data
    lacks = {
        "any data": not data,
        "a private key": not data.get(TLS_KEY),
        "a certificate": not data.get(TLS_CRT),
    }
    for what, is_lacking in lacks.items():
        if is_lacking:
            return Violation(conditions.MISSING_DATA, f"Issuing certificate as Secret does not contain {what}")
    return None


def public_keys_differ(state: State) -> Violation | None:
    """Key or certificate are none, or they aren't a pair."""
    key, certificate = _secret(state).private_key, _secret(state).certificate
    if isinstance(key, PkiError):
        return _invalid_key(key)
    if isinstance(certificate, PkiError):
        message = f"Issuing certificate as Secret contains an invalid certificate: {certificate}"
        return Violation(conditions.INVALID_CERTIFICATE, message)
    if not same_public_key(certificate.public_key(), key.public_key()):
        message = "Issuing certificate as Secret contains a private key that does not match the certificate"
        return Violation(conditions.INVALID_KEY_PAIR, message)
    return None


def is_by_another_issuer(state: State) -> Violation | None:
    """Its annotations name another issuer than the spec."""
    noted = _secret(state).metadata.annotations
    names = [noted.get(name) for name in (annotations.ISSUER_NAME, annotations.ISSUER_KIND, annotations.ISSUER_GROUP)]
    if names == [None, None, None]:
        return None
    default = IssuerReference("")
    issuer = IssuerReference(names[0] or "", names[1] or default.kind, names[2] or default.group)
    if issuer == state.certificate.spec.issuer_ref:
        return None
    message = f'Issuing certificate as Secret was previously issued by "{issuer.kind}.{issuer.group}/{issuer.name}"'
    return Violation(conditions.INCORRECT_ISSUER, message)


def is_of_another_certificate(state: State) -> Violation | None:
    """Its annotation names another Certificate."""
    name = _secret(state).metadata.annotations.get(annotations.CERTIFICATE_NAME)
    if name in (None, state.certificate.metadata.name):
        return None
    message = (
        f'Secret was issued for "{name}". If this message is not transient, '
        "you might have two conflicting Certificates pointing to the same secret."
    )
    return Violation(conditions.INCORRECT_CERTIFICATE, message)


def private_key_differs_from_spec(state: State) -> Violation | None:
    """The key is of another algorithm or size than the spec's."""
    differences = private_key_differences(private_key(_secret(state)), state.certificate.spec)
    if differences:
        message = f"Existing private key is not up to date for spec: {as_go_prints(differences)}"
        return Violation(conditions.SECRET_MISMATCH, message)
    return None


def private_key(secret: Secret) -> PrivateKey:
    """The key, which a check before has found to be one."""
    assert not isinstance(secret.private_key, PkiError), secret
    return secret.private_key


def leaf(secret: Secret) -> x509.Certificate:
    """The certificate, which a check before has found to be one."""
    assert not isinstance(secret.certificate, PkiError), secret
    return secret.certificate


def _secret(state: State) -> Secret:
    assert state.secret, "does_not_exist comes first"
    return state.secret


def _invalid_key(error: PkiError) -> Violation:
    message = f"Issuing certificate as Secret contains invalid private key data: {error}"
    return Violation(conditions.INVALID_KEY_PAIR, message)
