"""Says how the certificate is: condition Ready, and from when to when it counts."""

import datetime
from dataclasses import dataclass, replace

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate, CertificateStatus
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.gatherer import gather
from certmanager.controllers.certificates.outcome import Outcome
from certmanager.pki.errors import PkiError
from certmanager.policies import chain
from certmanager.policies.renewal import renewal_time
from certmanager.policies.state import State, Violation
from reconciling.conditions import Condition, set_condition


@dataclass(frozen=True)
class Readiness:
    """upstream's certificates-readiness."""

    cluster: Cluster
    now: Now

    async def __call__(self, certificate: Certificate) -> Outcome:
        """Say what is so.

        Raises:
            Retry: what there is contradicts itself.
        """
        state, now = gather(self.cluster, certificate), self.now()
        violation = chain.first_violation(chain.readiness(self.now), state)
        status = _with_times(state)
        wanted = set_condition(status.conditions, _ready(violation), certificate.metadata.generation, now)
        end = status.not_after
        again_at = end + datetime.timedelta(seconds=1) if end and end >= now else None
        return Outcome(replace(status, conditions=wanted), again_at)


def _ready(violation: Violation | None) -> Condition:
    if violation:
        return Condition(conditions.READY, False, violation.reason, violation.message)
    return Condition(conditions.READY, True, conditions.REASON_READY, "Certificate is up to date and has not expired")


def _with_times(state: State) -> CertificateStatus:
    status = state.certificate.status
    leaf = state.secret.certificate if state.secret else None
    if leaf is None or isinstance(leaf, PkiError):
        return replace(status, not_before=None, not_after=None, renewal_time=None)
    begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    due = renewal_time(begin, end, state.certificate.spec)
    return replace(status, not_before=begin, not_after=end, renewal_time=due)
