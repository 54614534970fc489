"""Has the issuer that a request names sign it, as soon as both are ready for that (upstream: its `Sync`)."""

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from certmanager.apis import conditions
from certmanager.apis.certificate_request import CertificateRequest
from certmanager.apis.certificate_spec import DEFAULT_DURATION
from certmanager.apis.issuer import CAIssuer, Issuer, SelfSignedIssuer
from certmanager.apis.metadata import GROUP
from certmanager.apis.times import write_time
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificaterequests.status import with_condition
from certmanager.issuers.response import IssueError, IssueResponse
from certmanager.pki.certificates import Validity
from certmanager.pki.templates import Grant
from certmanager.recorder import Recorder
from reconciling.conditions import Condition

READY_MESSAGE = "Certificate fetched from issuer successfully"
DENIED_MESSAGE = "The CertificateRequest was denied by an approval controller"
NOT_READY_MESSAGE = "Referenced issuer does not have a Ready status condition"


class Pending(Exception):  # noqa: N818 -- a signer says: not yet
    """It can't be signed yet; a change of what it waits for brings it back. `reason` is the Event's."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


Sign = Callable[[CertificateRequest, Issuer, Grant], Awaitable[IssueResponse]]
"""What an issuer's type does with a request. It raises Pending, or IssueError where nothing will ever come of it."""

Signs = Mapping[type[SelfSignedIssuer | CAIssuer], tuple[Sign, Recorder]]


@dataclass(frozen=True)
class Signer:
    """The certificaterequests-issuer-… controllers of upstream; `signs` has one for each type of issuer."""

    cluster: Cluster
    signs: Signs
    recorder: Recorder
    now: Now

    async def __call__(self, request: CertificateRequest) -> None:
        """Bring the request to an end, or say what it waits for.

        Raises:
            Retry: it can't be written now.
        """
        if request.spec.issuer_ref.group != GROUP or self._is_over(request):
            return
        if request.denied:
            await self._fail(request, conditions.REASON_DENIED, DENIED_MESSAGE)
            return
        if not request.approved:
            return
        try:
            sign, recorder, issuer = self._issuer_of(request)
        except Pending as pending:
            await self._wait(request, pending, self.recorder)
            return
        try:
            response = await sign(request, issuer, self._grant(request))
        except Pending as pending:
            await self._wait(request, pending, recorder)
        except IssueError as error:
            await self._fail(request, conditions.FAILED, str(error))
            recorder.warning(request, error.reason, str(error))
        else:
            await self._issue(request, response)
            recorder.normal(request, "CertificateIssued", READY_MESSAGE)

    def _issuer_of(self, request: CertificateRequest) -> tuple[Sign, Recorder, Issuer]:
        reference, issuer = request.spec.issuer_ref, self.cluster.issuer_of(request)
        if issuer is None:
            what = f'{reference.kind.lower()}.{GROUP} "{reference.name}" not found'
            raise Pending("IssuerNotFound", f'Referenced "{reference.kind}" not found: {what}')
        if issuer.config is None:
            raise Pending("IssuerTypeMissing", "Missing issuer type: it has a type that is not supported here")
        if not issuer.ready:
            raise Pending("IssuerNotReady", NOT_READY_MESSAGE)
        return *self.signs[type(issuer.config)], issuer

    def _grant(self, request: CertificateRequest) -> Grant:
        begin = self.now().replace(microsecond=0)
        end = begin + (DEFAULT_DURATION if request.spec.duration is None else request.spec.duration)
        return Grant(Validity(begin, end), request.spec.usages, request.spec.is_ca)

    @staticmethod
    def _is_over(request: CertificateRequest) -> bool:
        reason = conditions.reason(request.status.conditions, conditions.READY)
        return (
            reason in (conditions.FAILED, conditions.ISSUED, conditions.REASON_DENIED)
            or conditions.is_true(request.status.conditions, conditions.INVALID_REQUEST)
            or bool(request.status.certificate)
        )

    async def _wait(self, request: CertificateRequest, pending: Pending, recorder: Recorder) -> None:
        was_pending = conditions.reason(request.status.conditions, conditions.READY) == conditions.PENDING
        await self._write(request, conditions.PENDING, str(pending))
        if not was_pending:
            recorder.normal(request, pending.reason, str(pending))

    async def _fail(self, request: CertificateRequest, reason: str, message: str) -> None:
        failed_at = request.status.failure_time or self.now()
        await self._write(request, reason, message, failureTime=write_time(failed_at))

    async def _issue(self, request: CertificateRequest, response: IssueResponse) -> None:
        more = {"certificate": _encoded(response.certificate)} | ({"ca": _encoded(response.ca)} if response.ca else {})
        await self._write(request, conditions.ISSUED, READY_MESSAGE, **more)

    async def _write(self, request: CertificateRequest, reason: str, message: str, **more: Any) -> None:
        ready = Condition(conditions.READY, reason == conditions.ISSUED, reason, message)
        wanted = with_condition(request, ready, self.now())
        if wanted != [dict(one) for one in request.status.conditions]:
            await self.cluster.requests.patch_status(request, {"conditions": wanted, **more})


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
