"""Finds that a certificate must be issued, and says so by the condition Issuing."""

import datetime
from dataclasses import dataclass, replace

from certmanager.apis import conditions
from certmanager.apis.certificate import Certificate
from certmanager.cluster import Cluster, Now
from certmanager.controllers.certificates.gatherer import gather, is_issuing, owns_secret
from certmanager.controllers.certificates.outcome import Outcome
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

    async def __call__(self, certificate: Certificate) -> Outcome:
        """Begin an issuance where there is a reason.

        Raises:
            Retry: what there is contradicts itself.
        """
        status = certificate.status
        if is_issuing(certificate) or not owns_secret(self.cluster, certificate):
            return Outcome(status)
        state, now = gather(self.cluster, certificate), self.now()
        if wait := backoff(state, now):
            return Outcome(status, now + wait)
        violation = chain.first_violation(chain.trigger(self.now), state)
        if violation is None:
            return Outcome(status, _renewal(state))
        issuing = Condition(conditions.ISSUING, True, violation.reason, violation.message)
        wanted = set_condition(status.conditions, issuing, certificate.metadata.generation, now)
        self.recorder.normal(certificate, "Issuing", violation.message)
        return Outcome(replace(status, conditions=wanted))


def _renewal(state: State) -> datetime.datetime:
    assert state.secret
    certificate = leaf(state.secret)
    return renewal_time(certificate.not_valid_before_utc, certificate.not_valid_after_utc, state.certificate.spec)
