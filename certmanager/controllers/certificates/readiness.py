"""Says how the certificate is: condition Ready, and from when to when it counts."""

import datetime
from dataclasses import dataclass
from typing import Any

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate
from certmanager.apis.times import write_time
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.gatherer import gather
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

    async def __call__(self, certificate: Certificate) -> datetime.datetime | None:
        """Write what differs, and return when else to look again.

        Raises:
            Retry: it can't be written now.
        """
        state, now = gather(self.cluster, certificate), self.now()
        violation = chain.first_violation(chain.readiness(self.now), state)
        times = _times(state)
        status = certificate.status
        seen = {"notBefore": status.not_before, "notAfter": status.not_after, "renewalTime": status.renewal_time}
        wanted = set_condition(status.conditions, _ready(violation), certificate.metadata.generation, now)
        changed: dict[str, Any] = {
            field: time and write_time(time) for field, time in times.items() if time != seen[field]
        }
        if wanted != [dict(condition) for condition in status.conditions]:
            changed["conditions"] = wanted
        if changed:
            await self.cluster.certificates.patch_status(certificate, changed)
        end = times["notAfter"]
        return end + datetime.timedelta(seconds=1) if end and end >= now else None


def _ready(violation: Violation | None) -> Condition:
    if violation:
        return Condition(conditions.READY, False, violation.reason, violation.message)
    return Condition(conditions.READY, True, conditions.REASON_READY, "Certificate is up to date and has not expired")


def _times(state: State) -> dict[str, datetime.datetime | None]:
    leaf = state.secret.certificate if state.secret else None
    if leaf is None or isinstance(leaf, PkiError):
        return dict.fromkeys(("notBefore", "notAfter", "renewalTime"))
    begin, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    return {"notBefore": begin, "notAfter": end, "renewalTime": renewal_time(begin, end, state.certificate.spec)}
