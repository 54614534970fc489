"""Approves requests. Who wants to decide himself which are granted turns this off, and sets Approved or Denied."""

from dataclasses import dataclass

from certmanager.apis import conditions
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.metadata import GROUP
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificaterequests.status import with_condition
from certmanager.recorder import Recorder
from reconciling.conditions import Condition

MESSAGE = "Certificate request has been approved by cert-manager.io"


@dataclass(frozen=True)
class Approver:
    """upstream's certificaterequests-approver."""

    cluster: Cluster
    recorder: Recorder
    now: Now

    async def __call__(self, request: CertificateRequest) -> None:
        """Approve it, if that is still open.

        Raises:
            Retry: it can't be written now.
        """
        reason = conditions.reason(request.status.conditions, conditions.READY)
        if request.approved or request.denied or reason in (conditions.FAILED, conditions.ISSUED):
            return
        approved = Condition(conditions.APPROVED, True, GROUP, MESSAGE)
        await self.cluster.requests.patch_status(request, {"conditions": with_condition(request, approved, self.now())})
        self.recorder.normal(request, GROUP, MESSAGE)
