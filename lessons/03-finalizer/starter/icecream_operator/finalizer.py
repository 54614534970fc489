"""Has an icecream wait for us before it goes: what was reserved for it outside the cluster is given back first.

Deletion is a state and not an event. `kubectl delete` only sets metadata.deletionTimestamp on an object that has
finalizers; it goes when the last of them is taken off. So the order is everything:

- Our finalizer is on the object *before* anything is reserved for it, and comes off *after* all is given back.
- Others' finalizers are theirs. The patch names the list as we have seen it, and the resourceVersion of that sight.
"""

import logging
from collections.abc import Callable

from icecream_operator.cache import Cache
from icecream_operator.client import Icecreams, regarding
from icecream_operator.freezer.errors import UnavailableError
from icecream_operator.freezer.freezer import Freezer
from icecream_operator.icecream import GROUP, Icecream
from icecream_operator.reconciliation import Reconciliation, StepResult
from icecream_operator.waiting import WaitingList
from reconciling.errors import NotFound, Refused, Retry
from reconciling.events import EventRecorder
from reconciling.logs import object_logger

FINALIZER = f"{GROUP}/finalizer"
logger = logging.getLogger(__name__)


class Finalizer:
    """The step that puts our finalizer on what will have a reservation, and takes it off when that is given back."""

    def __init__(
        self,
        icecreams: Icecreams,
        cache: Callable[[], Cache],
        freezer: Freezer,
        waiting: WaitingList,
        events: EventRecorder,
    ) -> None:
        self._icecreams = icecreams
        self._cache = cache
        self._freezer = freezer
        self._waiting = waiting
        self._events = events

    async def __call__(self, reconciliation: Reconciliation) -> StepResult:
        """Return DONE if the icecream is being deleted, is gone, or can't be given the finalizer.

        Raises:
            Retry: it was changed since, or can't be written now.
        """
        # Where you can be killed, and in which order nothing is lost then: that is all there is to it.
        raise NotImplementedError("exercise 3: when the finalizer is put on, and when it comes off")

    async def _give_back(self, icecream: Icecream) -> bool:
        """Return whether nothing is reserved for it any more. If it can't be done now, the icecream comes back."""
        try:
            await self._freezer.give_back(icecream.uid, icecream.name)
        except UnavailableError as obstacle:
            self._waiting.add(icecream.name)
            self._events.record(
                regarding(icecream), "Warning", "FreezerUnavailable", "GiveBack", f"{obstacle}; the finalizer stays"
            )
            return False
        self._waiting.look()
        return True

    async def _write(self, icecream: Icecream, finalizers: list[str]) -> Icecream:
        """Replace the list of finalizers if the icecream still is as it was seen, and return it as it is then.

        Raises:
            NotFound: it is gone.
            Retry: it was changed since, or can't be written now.
            Refused: the API server won't take the icecream, and only a change of its spec can help.
        """
        try:
            written = await self._icecreams.patch_finalizers(icecream, finalizers)
        except Refused as error:
            if icecream.deleting:
                raise Retry(str(error)) from error  # it would stay for ever, and its CRD may be corrected meanwhile
            object_logger(logger, icecream.name).error("%s; only a change of its spec can help", error)
            raise
        self._cache().update_written(written)
        return written
