"""Signs requests to issuers of the type selfSigned: with the key that the request's annotation names."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from certmanager.apis.annotations import PRIVATE_KEY_SECRET_NAME
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.issuer import Issuer, SelfSignedIssuer
from certmanager.cluster import Cluster
from certmanager.controllers.certificaterequests.signer import Pending
from certmanager.issuers import selfsigned
from certmanager.issuers.response import IssueError, IssueResponse
from certmanager.pki.errors import PkiError
from certmanager.pki.templates import Grant
from certmanager.recorder import Recorder
from reconciling.cache import Key

EMPTY_DN = (
    "Certificate will be issued with an empty Issuer DN, which contravenes RFC 5280 and could break some strict clients"
)


@dataclass(frozen=True)
class SelfSigned:
    """upstream's certificaterequests-issuer-selfsigned. `serial` gives serial numbers."""

    cluster: Cluster
    recorder: Recorder
    serial: Callable[[], int]

    async def __call__(self, request: CertificateRequest, issuer: Issuer, grant: Grant) -> IssueResponse:
        """Sign.

        Raises:
            Pending: the key isn't there, or isn't one.
            IssueError: the request can't be granted.
        """
        assert isinstance(issuer.config, SelfSignedIssuer)
        name = request.metadata.annotations.get(PRIVATE_KEY_SECRET_NAME)
        if not name:
            message = f'Annotation "{PRIVATE_KEY_SECRET_NAME}" missing or reference empty: secret name missing'
            raise IssueError("MissingAnnotation", message)
        namespace = request.metadata.namespace
        secret = self.cluster.secrets.cache.get(Key(namespace, name))
        if secret is None:
            what = f'secrets "{name}" not found'
            raise Pending("MissingSecret", f"Referenced secret {namespace}/{name} not found: {what}")
        key = secret.private_key
        if isinstance(key, PkiError):
            message = f'Failed to get key "{name}" referenced in annotation "{PRIVATE_KEY_SECRET_NAME}": {key}'
            raise Pending("ErrorParsingKey", message)
        points = issuer.config.crl_distribution_points
        response = await asyncio.to_thread(selfsigned.issue, request.spec.request, key, grant, self.serial(), points)
        if selfsigned.has_empty_name(response):
            self.recorder.warning(request, "BadConfig", EMPTY_DN)
        return response
