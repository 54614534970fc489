"""Writes the Secret of a Certificate, by server-side apply (upstream: issuing/internal/secret.go)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from certmanager.apis import annotations
from certmanager.apis.certificate import Certificate
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.certificate_spec import PKCS12Keystore
from certmanager.apis.secret import CA_CRT, KEYSTORE_P12, TLS_CRT, TLS_KEY, TRUSTSTORE_P12, Secret
from certmanager.cluster import Cluster
from certmanager.controllers.certificates.gatherer import owns_secret, secret_key
from certmanager.pki import chains, keys, keystores
from certmanager.pki.errors import PkiError
from certmanager.pki.keys import PrivateKey
from certmanager.policies import target_secret
from certmanager.policies.target_secret import FIELD_MANAGER, Issued
from reconciling.cache import Key
from reconciling.errors import Retry

PASSWORD_KEY = "password"  # noqa: S105 - where in its Secret the password is, unless spec.keystores says where
_ORIGIN = annotations.CERTIFICATE_NAME, annotations.ISSUER_NAME, annotations.ISSUER_KIND, annotations.ISSUER_GROUP


@dataclass(frozen=True)
class SecretsManager:
    """Writes it when something was issued, and puts it right when somebody has changed it."""

    cluster: Cluster

    async def issue(self, certificate: Certificate, request: CertificateRequest, key: PrivateKey) -> None:
        """Write what came of `request`.

        Raises:
            Retry: it can't be written now, or the password of a keystore isn't there.
        """
        pem = await asyncio.to_thread(keys.to_pem, key, certificate.spec.private_key.encoding)
        issuer = request.spec.issuer_ref
        origin = dict(zip(_ORIGIN, (certificate.metadata.name, issuer.name, issuer.kind, issuer.group), strict=True))
        issued = Issued(pem, request.status.certificate, request.status.ca, origin)
        seen = self.cluster.secrets.cache.get(secret_key(certificate))
        await self._apply(certificate, issued, seen, await self._keystores(certificate, issued))

    async def keep(self, certificate: Certificate) -> None:
        """Put back what has been taken from the Secret or changed in it, but for what must be issued anew.

        Raises:
            Retry: as `issue`.
        """
        secret = self.cluster.secrets.cache.get(secret_key(certificate))
        if secret is None or not owns_secret(self.cluster, certificate):
            return
        if isinstance(secret.certificate, PkiError) or isinstance(secret.private_key, PkiError):
            return
        noted = secret.metadata.annotations
        origin = {name: noted[name] for name in _ORIGIN if name in noted}
        issued = Issued(secret.data[TLS_KEY], secret.data[TLS_CRT], secret.data.get(CA_CRT, b""), origin)
        stores = {name: secret.data[name] for name in (KEYSTORE_P12, TRUSTSTORE_P12) if secret.data.get(name)}
        if stores.keys() != target_secret.keystore_names(certificate.spec, issued):
            stores = await self._keystores(certificate, issued)
        await self._apply(certificate, issued, secret, stores)

    async def _apply(
        self, certificate: Certificate, issued: Issued, seen: Secret | None, stores: Mapping[str, bytes]
    ) -> None:
        body = target_secret.wanted(certificate.spec.secret_name, certificate.spec, issued, seen, stores)
        if seen is None or not target_secret.is_as(seen, body):
            await self.cluster.secrets.apply(certificate.metadata.namespace, body, FIELD_MANAGER)

    async def _keystores(self, certificate: Certificate, issued: Issued) -> dict[str, bytes]:
        names, wanted = target_secret.keystore_names(certificate.spec, issued), certificate.spec.pkcs12
        if not names or wanted is None:
            return {}
        password = self._password(certificate.metadata.namespace, wanted)
        ca = chains.from_pem(issued.ca) if issued.ca else ()
        key, chain = keys.from_pem(issued.key), chains.from_pem(issued.certificate)
        makers = {
            KEYSTORE_P12: lambda: keystores.keystore(key, chain, ca, password, wanted.profile),
            TRUSTSTORE_P12: lambda: keystores.truststore(ca, password, wanted.profile),
        }
        return {name: await asyncio.to_thread(makers[name]) for name in sorted(names)}

    def _password(self, namespace: str, wanted: PKCS12Keystore) -> bytes:
        if wanted.password is not None:
            return wanted.password.encode()
        reference = wanted.password_secret_ref
        assert reference, "the CRD wants one of both"
        secret = self.cluster.secrets.cache.get(Key(namespace, reference.name))
        if secret is None:
            raise Retry(f'fetching PKCS12 keystore password from Secret: secrets "{reference.name}" not found')
        key = reference.key or PASSWORD_KEY
        if not secret.data.get(key):
            raise Retry(f'PKCS12 keystore password Secret contains no data for key "{key}"')
        return secret.data[key]
