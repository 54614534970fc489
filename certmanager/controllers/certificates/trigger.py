"""Finds that a certificate must be issued, and says so by the condition Issuing."""

import datetime
from dataclasses import dataclass

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.gatherer import gather, is_issuing, owns_secret
from certmanager.policies import chain
from certmanager.policies.backoff import backoff
from certmanager.policies.renewal import renewal_time
from certmanager.policies.secret_checks import leaf
from certmanager.policies.state import State
from certmanager.recorder import Recorder
from reconciling.conditions import Condition, set_condition


@dataclass(frozen=True)
class Trigger:
    """upstream's certificates-trigger."""

    cluster: Cluster
    recorder: Recorder
    now: Now

    async def __call__(self, certificate: Certificate) -> datetime.datetime | None:
        """Begin an issuance where there is a reason, and return when else to look again.

        Raises:
            Retry: it can't be written now.
        """
        if is_issuing(certificate) or not owns_secret(self.cluster, certificate):
            return None
        state, now = gather(self.cluster, certificate), self.now()
        if wait := backoff(state, now):
            return now + wait
        violation = chain.first_violation(chain.trigger(self.now), state)
        if violation is None:
            return _renewal(state)
        issuing = Condition(conditions.ISSUING, True, violation.reason, violation.message)
        wanted = set_condition(certificate.status.conditions, issuing, certificate.metadata.generation, now)
        await self.cluster.certificates.patch_status(certificate, {"conditions": wanted})
        self.recorder.normal(certificate, "Issuing", violation.message)
        return None


def _renewal(state: State) -> datetime.datetime:
    assert state.secret
    certificate = leaf(state.secret)
    return renewal_time(certificate.not_valid_before_utc, certificate.not_valid_after_utc, state.certificate.spec)
