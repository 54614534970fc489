"""Makes the key for the certificate that is being issued, and deletes it when that is over.

Its Secret has a name that follows from the Certificate and the revision. So a reply that was lost, or a cache that is
behind, can't make a second key: the API server refuses it.
"""

import asyncio
import base64
import hashlib
from dataclasses import dataclass, replace

from certmanager.apis.annotations import CONTROLLER_LABEL, NEXT_PRIVATE_KEY_LABEL
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_spec import RotationPolicy
from certmanager.apis.secret import TLS_KEY, Secret
from certmanager.cluster import BY_CONTROLLER, Cluster
from certmanager.controllers.certificates.gatherer import is_issuing, next_revision, secret_key
from certmanager.controllers.certificates.outcome import Outcome
from certmanager.controllers.certificates.owner_reference import owner_reference
from certmanager.pki import keys
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey
from certmanager.policies.match import private_key_differences
from certmanager.policies.messages import as_go_prints
from certmanager.recorder import Recorder

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"  # of the names that the API server generates
_MAX_BASE, _SUFFIX = 58, 5


@dataclass(frozen=True)
class NextKeyName:
    """Says in status.nextPrivateKeySecretName where the key is, or will be, as long as an issuance is under way."""

    async def __call__(self, certificate: Certificate) -> Outcome:
        """Say it."""
        name = name_of_next_key(certificate) if is_issuing(certificate) else None
        return Outcome(replace(certificate.status, next_private_key_secret_name=name))


@dataclass(frozen=True)
class KeyManager:
    """upstream's certificates-key-manager."""

    cluster: Cluster
    recorder: Recorder

    async def __call__(self, certificate: Certificate) -> None:
        """Have there be a key as long as an issuance is under way, and else none.

        Raises:
            Retry: it can't be written now.
        """
        secrets = [
            secret
            for secret in self.cluster.secrets.cache.by_index(BY_CONTROLLER, certificate.metadata.uid)
            if secret.metadata.labels.get(NEXT_PRIVATE_KEY_LABEL) == "true"
        ]
        name = certificate.status.next_private_key_secret_name
        own = next((secret for secret in secrets if secret.metadata.name == name), None)
        if own is not None and not self._is_usable(certificate, own):
            own = None
        await self._delete([secret for secret in secrets if secret is not own])
        if name is not None and own is None:
            await self._create(certificate, name)

    def _is_usable(self, certificate: Certificate, secret: Secret) -> bool:
        if isinstance(secret.private_key, PkiError):
            return False
        differences = private_key_differences(secret.private_key, certificate.spec)
        if differences:
            note = f"Regenerating private key due to change in fields: {as_go_prints(differences)}"
            self.recorder.normal(certificate, "Deleted", note)
        return not differences

    async def _create(self, certificate: Certificate, name: str) -> None:
        """Make the key's Secret, unless the old key has to be kept and can't be."""
        old = self.cluster.secrets.cache.get(secret_key(certificate))
        if certificate.spec.private_key.rotation_policy is RotationPolicy.NEVER and old and old.data.get(TLS_KEY):
            if not isinstance(old.private_key, PkiError):
                await self._create_again(certificate, name, old, old.private_key)
                return
            note = f'Failed to decode private key stored in Secret "{old.metadata.name}" - generating new key'
            self.recorder.warning(certificate, "DecodeFailed", note)
        wanted = certificate.spec.private_key
        key = await asyncio.to_thread(keys.generate, wanted.algorithm, wanted.size or None)
        await self._write(certificate, name, key)
        note = f'Stored new private key in temporary Secret resource "{name}"'
        self.recorder.normal(certificate, "Generated", note)

    async def _create_again(self, certificate: Certificate, name: str, old: Secret, key: PrivateKey) -> None:
        differences = private_key_differences(key, certificate.spec)
        if differences:
            note = (
                f'User intervention required: existing private key in Secret "{old.metadata.name}" does not match '
                f"requirements on Certificate resource, mismatching fields: {as_go_prints(differences)}, but "
                "cert-manager cannot create new private key as the Certificate's .spec.privateKey.rotationPolicy is "
                "unset or set to Never. To allow cert-manager to create a new private key you can set "
                ".spec.privateKey.rotationPolicy to 'Always' (this will result in the private key being regenerated "
                "every time a cert is renewed) "
            )
            self.recorder.warning(certificate, "CannotRegenerateKey", note)
            return
        await self._write(certificate, name, key)
        note = f'Reusing private key stored in existing Secret resource "{old.metadata.name}"'
        self.recorder.normal(certificate, "Reused", note)

    async def _write(self, certificate: Certificate, name: str, key: PrivateKey) -> None:
        body = {
            "metadata": {
                "name": name,
                "ownerReferences": [owner_reference(certificate)],
                "labels": {NEXT_PRIVATE_KEY_LABEL: "true", CONTROLLER_LABEL: "true"},
            },
            "data": {TLS_KEY: base64.b64encode(keys.to_pem(key)).decode()},
        }
        await self.cluster.secrets.create(certificate.metadata.namespace, body)

    async def _delete(self, secrets: list[Secret]) -> None:
        for secret in secrets:
            await self.cluster.secrets.delete(secret)


def name_of_next_key(certificate: Certificate) -> str:
    """The name of the Secret of the next key; it looks as if the API server had generated it."""
    seed = f"{certificate.metadata.uid}/{next_revision(certificate)}"
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest())
    suffix = ""
    for _ in range(_SUFFIX):
        number, index = divmod(number, len(_ALPHABET))
        suffix += _ALPHABET[index]
    return f"{certificate.metadata.name}-"[:_MAX_BASE] + suffix
