"""How long a key that failed waits before it is tried again."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential back-off with jitter, per key (client-go's ItemExponentialFailureRateLimiter).

    Without the jitter all that failed together, say as the API server restarted, would come back together.

    `random` gives numbers from 0 up to 1, `base` and `cap` are seconds.
    """

    random: Callable[[], float]
    base: float = 0.005
    cap: float = 60.0

    def __call__(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row, between half and all of the step."""
        step = min(self.cap, self.base * 2.0 ** min(failures - 1, 62))
        return step * (1 + self.random()) / 2
