"""The order of the checks: what stands first is said first, and what comes later relies on it."""

from collections.abc import Iterable

from certmanager.policies import renewal, request_checks, secret_checks
from certmanager.policies.renewal import Now
from certmanager.policies.state import Check, State, Violation

_UP_TO_DATE: tuple[Check, ...] = (
    secret_checks.does_not_exist,
    secret_checks.misses_data,
    secret_checks.public_keys_differ,
    secret_checks.is_by_another_issuer,
    secret_checks.is_of_another_certificate,
    secret_checks.private_key_differs_from_spec,
    request_checks.key_differs_from_request,
    request_checks.differs_from_spec,
)


def trigger(now: Now) -> tuple[Check, ...]:
    """The checks of which one that fails means: issue."""
    return (*_UP_TO_DATE, renewal.nearing_expiry(now))


def readiness(now: Now) -> tuple[Check, ...]:
    """The checks of which one that fails means: not ready. What is to be renewed is still ready."""
    return (*_UP_TO_DATE, renewal.expired(now))


def first_violation(checks: Iterable[Check], state: State) -> Violation | None:
    """What the first check that fails says."""
    return next((violation for check in checks if (violation := check(state))), None)
