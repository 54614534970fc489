"""Reserves the scoops of what is sold, and says so where there are none left."""

import logging
from collections.abc import Callable, Iterable, Set

from icecream_operator import quota
from icecream_operator.cache import Cache
from icecream_operator.freezer.errors import OutOfStockError, UnavailableError
from icecream_operator.freezer.freezer import Freezer
from icecream_operator.freezer.reservations import Reservation
from icecream_operator.icecream import Icecream
from icecream_operator.quota import Verdict
from icecream_operator.reconciliation import Reconciliation, StepResult
from icecream_operator.waiting import WaitingList
from reconciling.conditions import Condition
from reconciling.logs import object_logger

OUT_OF_STOCK, UNAVAILABLE = "OutOfStock", "FreezerUnavailable"
logger = logging.getLogger(__name__)


def wanted(icecream: Icecream, verdict: Verdict | None) -> Reservation:
    """Return what shall be reserved for an icecream: a scoop of each flavour if it is sold, else nothing."""
    return Reservation(icecream.uid, icecream.name, frozenset(icecream.flavours if verdict and verdict.sold else ()))


def ahead(icecream: Icecream, icecreams: Iterable[Icecream]) -> list[Reservation]:
    """Return what those want who came before and share a flavour. There are two of a flavour at most, by the quota."""
    icecreams = list(icecreams)
    verdicts = quota.decide(icecreams)
    earlier = sorted((other for other in icecreams if other.rank < icecream.rank), key=lambda other: other.rank)
    reservations = [wanted(other, verdicts.get(other.name)) for other in earlier]
    return [reservation for reservation in reservations if reservation.flavours & set(icecream.flavours)]


def difference(wanted: Reservation, reserved: Set[str]) -> str:
    """Say what is reserved, and what should be."""
    seen, flavours = (", ".join(sorted(names)) or "nothing" for names in (reserved, wanted.flavours))
    return f"{wanted.name} has {seen} reserved: to be {flavours}"


class ReservationStep:
    """The step that has reserved what an icecream wants: after the quota, and after its finalizer is there."""

    def __init__(
        self,
        cache: Callable[[], Cache],
        freezer: Freezer,
        waiting: WaitingList,
        on_gone: Callable[[Icecream], None],
    ) -> None:
        self._cache = cache
        self._freezer = freezer
        self._waiting = waiting
        self._on_gone = on_gone

    async def __call__(self, reconciliation: Reconciliation) -> StepResult:
        """Go on in any case. What is in the way is the condition Ready, and the icecream waits for it to go away.

        Raises:
            Retry: the cluster's identity can't be read now.
        """
        icecream, verdict = reconciliation.icecream, reconciliation.verdict
        self._waiting.discard(icecream.name)
        reservation = wanted(icecream, verdict)
        try:
            if not await self._is_settled(icecream, reservation):
                before = ahead(icecream, self._cache().connected(icecream.flavours)) if reservation.flavours else ()
                await self._freezer.reserve(reservation, before)
                self._waiting.look()
                if not self._is_there(icecream):
                    self._on_gone(icecream)
        except OutOfStockError as error:
            self._waiting.add(icecream.name, error.missing)
            reconciliation.obstacle = Condition("Ready", False, OUT_OF_STOCK, f"{error}; waiting for a refill")
        except UnavailableError as error:
            self._waiting.add(icecream.name)
            if reservation.flavours and not _was_sold(icecream):
                reconciliation.obstacle = Condition("Ready", False, UNAVAILABLE, f"{error}; waiting for it")
        return StepResult.CONTINUE

    async def _is_settled(self, icecream: Icecream, reservation: Reservation) -> bool:
        """Whether its status says that it is sold, and that is true: so after a restart nothing is written."""
        if not (reservation.flavours and _was_sold(icecream)):
            return False
        reserved = await self._freezer.reserved(icecream.uid)
        if reserved != reservation.flavours:
            object_logger(logger, icecream.name).warning("Repair: %s", difference(reservation, reserved))
        return reserved == reservation.flavours

    def _is_there(self, icecream: Icecream) -> bool:
        """Whether it hasn't been seen to be gone meanwhile."""
        seen = self._cache().get(icecream.name)
        return seen is not None and seen.uid == icecream.uid


def _was_sold(icecream: Icecream) -> bool:
    """Whether its status says that this very wish is sold, so that its scoops are reserved already."""
    if icecream.status.get("observedGeneration") != icecream.generation:
        return False
    return any(
        condition["type"] == "Ready" and condition["status"] == "True"
        for condition in icecream.status.get("conditions", ())
    )
