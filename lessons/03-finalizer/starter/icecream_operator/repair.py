"""Finds where reservations and icecreams have come apart, and mends it.

Finalizers make that rare and can't rule it out: somebody edits one away, etcd is restored from yesterday's backup, the
database from last week's. So it is looked for after each complete list, which comes at every start, and whenever
somebody asks for it (`python -m icecream_operator.freezer repair`).
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from icecream_operator import quota
from icecream_operator.cache import Cache
from icecream_operator.client import Icecreams
from icecream_operator.finalizer import FINALIZER
from icecream_operator.freezer.freezer import Freezer
from icecream_operator.freezer.reservations import Reservation
from icecream_operator.icecream import Icecream, parse
from icecream_operator.reservation import difference, wanted
from icecream_operator.waiting import WaitingList
from reconciling.errors import NotFound
from reconciling.logs import object_logger
from reconciling.workqueue import WorkQueue

Key: TypeAlias = tuple[str, str]
ALL: Key = "", ""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Leaked:
    """A reservation whose icecream is gone."""

    reservation: Reservation

    def __str__(self) -> str:
        flavours = ", ".join(sorted(self.reservation.flavours))
        return f"{self.reservation.name} is gone, and {flavours} is reserved for it: to be given back"


@dataclass(frozen=True, slots=True)
class Missing:
    """An icecream that doesn't have the reservation that it should have."""

    icecream: Icecream
    reserved: frozenset[str]
    reservation: Reservation

    def __str__(self) -> str:
        return difference(self.reservation, self.reserved)


def find(reservations: Iterable[Reservation], icecreams: Iterable[Icecream]) -> tuple[list[Leaked], list[Missing]]:
    """Return what has come apart; the icecreams are all there are, and those missing something in their order.

    What is being deleted is left to its finalizer, and what has none yet to the reconcile that will put it there.
    """
    raise NotImplementedError("exercise 4: what has come apart")


class Repair:
    """A controller whose keys are uid and name of an icecream that is gone, or ALL, which is added after each list."""

    def __init__(
        self,
        queue: WorkQueue[Key],
        cache: Callable[[], Cache],
        icecreams: Icecreams,
        freezer: Freezer,
        waiting: WaitingList,
    ) -> None:
        self.queue = queue
        self._cache = cache
        self._icecreams = icecreams
        self._freezer = freezer
        self._waiting = waiting

    def on_list(self) -> None:
        """Look for all that has come apart, soon: the list is complete."""
        self.queue.add(ALL)

    def on_event(self, event_type: str | None, body: Mapping[str, Any]) -> None:
        """Look whether one that is gone has left something behind.

        It may have gone without its finalizer: somebody took that off; or it was deleted at the very moment at which we
        put it on, since the API server looks for finalizers before it deletes, and not while (kubernetes#77988).
        """
        if event_type == "DELETED":
            self.on_gone(parse(body))

    def on_gone(self, icecream: Icecream) -> None:
        """Have nothing be reserved for an icecream that is gone for good."""
        self.queue.add((icecream.uid, icecream.name))

    async def reconcile(self, key: Key) -> None:
        """Give back what is reserved for nobody. Who is missing something is found by its own reconcile.

        Raises:
            Retry: the database or the API server can't be asked now.
        """
        if key == ALL:
            leaked, _ = find(await self._freezer.reservations(), self._cache())
            for leak in leaked:
                if await self._is_gone(leak.reservation):
                    self.queue.add((leak.reservation.uid, leak.reservation.name))
            return
        uid, name = key
        if flavours := await self._freezer.give_back(uid, name):
            object_logger(logger, name).warning("Repair: %s", Leaked(Reservation(uid, name, flavours)))
            self._waiting.look()

    async def _is_gone(self, reservation: Reservation) -> bool:
        """Ask the API server, not the cache, which may be behind another operator that has only just ended."""
        try:
            return (await self._icecreams.read(reservation.name)).uid != reservation.uid
        except NotFound:
            return True
