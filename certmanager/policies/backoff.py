"""How long after a failure there is no new attempt, so that a CA isn't asked in vain again and again."""

import datetime

from certmanager.pki.errors import PkiError
from certmanager.policies.match import request_differences
from certmanager.policies.state import State

_FIRST = datetime.timedelta(hours=1)
_DOUBLINGS = 5  # to 32 hours


def backoff(state: State, now: datetime.datetime) -> datetime.timedelta | None:
    """How long to wait yet before the next attempt, if at all: 1 h after the first failure, then 2 h, up to 32 h.

    There is no waiting where the spec isn't what the failed request has asked for any more.
    """
    status = state.certificate.status
    if status.last_failure_time is None or _has_changed(state):
        return None
    attempts = status.failed_issuance_attempts or 1
    delay = _FIRST * 2 ** min(max(attempts - 1, 0), _DOUBLINGS)
    remaining = status.last_failure_time + delay - now
    return remaining if remaining > datetime.timedelta() else None


def _has_changed(state: State) -> bool:
    if state.next_request is None:
        return False
    try:
        return bool(request_differences(state.next_request, state.certificate.spec))
    except PkiError:
        return True
