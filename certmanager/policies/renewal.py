"""When a certificate is renewed, and whether it is time (upstream: pkg/util/pki/renewaltime.go)."""

import datetime
from collections.abc import Callable

from certmanager.apis import conditions
from certmanager.apis.certificate_spec import CertificateSpec
from certmanager.policies.messages import rfc1123, time_as_go_prints
from certmanager.policies.secret_checks import leaf
from certmanager.policies.state import Check, State, Violation

Now = Callable[[], datetime.datetime]
_SECOND = datetime.timedelta(seconds=1)


def renewal_time(
    not_before: datetime.datetime, not_after: datetime.datetime, spec: CertificateSpec
) -> datetime.datetime:
    """When a certificate that is valid from `not_before` to `not_after` is to be renewed, in whole seconds.

    What counts is the lifetime that was granted: a renewBefore that is as long is ignored, or it would be renewed for
    ever.
    """
    lifetime = not_after - not_before
    before = lifetime / 3
    if spec.renew_before and datetime.timedelta() < spec.renew_before < lifetime:
        before = spec.renew_before
    elif spec.renew_before_percentage and 0 < spec.renew_before_percentage < 100:
        before = lifetime * spec.renew_before_percentage / 100
    return not_after - -(-before // _SECOND) * _SECOND


def nearing_expiry(now: Now) -> Check:
    """Return the check that it is time to renew."""

    def check(state: State) -> Violation | None:
        assert state.secret
        certificate = leaf(state.secret)
        due = renewal_time(certificate.not_valid_before_utc, certificate.not_valid_after_utc, state.certificate.spec)
        if due > now():
            return None
        scheduled = time_as_go_prints(state.certificate.status.renewal_time)
        return Violation(conditions.RENEWING, f"Renewing certificate as renewal was scheduled at {scheduled}")

    return check


def expired(now: Now) -> Check:
    """Return the check that it isn't valid any more."""

    def check(state: State) -> Violation | None:
        assert state.secret
        end = leaf(state.secret).not_valid_after_utc
        if now() <= end:
            return None
        return Violation(conditions.EXPIRED, f"Certificate expired on {rfc1123(end)}")

    return check
