"""Signs requests to issuers of the type CA: with the pair in the issuer's Secret."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.issuer import CAIssuer, Issuer
from certmanager.cluster import Cluster
from certmanager.controllers.certificaterequests.signer import Pending
from certmanager.issuers import ca
from certmanager.issuers.ca import InvalidKeyPairError, SigningPair
from certmanager.issuers.response import IssueResponse
from certmanager.pki.templates import Grant, Urls
from reconciling.cache import Key


@dataclass(frozen=True)
class CA:
    """upstream's certificaterequests-issuer-ca. `serial` gives serial numbers."""

    cluster: Cluster
    serial: Callable[[], int]

    async def __call__(self, request: CertificateRequest, issuer: Issuer, grant: Grant) -> IssueResponse:
        """Sign.

        Raises:
            Pending: the pair isn't there, or isn't one.
            IssueError: the request can't be granted.
        """
        config = issuer.config
        assert isinstance(config, CAIssuer)
        where = Key(self.cluster.resource_namespace(issuer), config.secret_name)
        secret = self.cluster.secrets.cache.get(where)
        if secret is None:
            what = f'secrets "{config.secret_name}" not found'
            raise Pending("SecretMissing", f"Referenced secret {where} not found: {what}")
        try:
            pair = await asyncio.to_thread(SigningPair.of, secret.data)
        except InvalidKeyPairError as error:
            message = f"Failed to parse signing CA keypair from secret {where}: {error}"
            raise Pending("SecretInvalidData", message) from error
        urls = Urls(config.crl_distribution_points, config.ocsp_servers, config.issuing_certificate_urls)
        return await asyncio.to_thread(ca.issue, request.spec.request, pair, grant, self.serial(), urls)
