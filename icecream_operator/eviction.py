"""Evicts what is oversold: deletes it, and says why in an Event.

Deleting is the one thing that can't be put right later, so it is done with three precautions, each against a picture
that is behind the API server, as it may well be after a restart:

- One at a time, so that the next decision has had time to see what came of the last.
- Only after those that were sold before it have been read from the API server, and still are before it. Where they
  have other flavours too, only after all icecreams have been read and judged anew.
- Only if it is the very object that was judged: its uid and resourceVersion are preconditions.

The garbage collector of Kubernetes looks at the owner once more before it deletes, for the same reason.
"""

import asyncio
import logging

from icecream_operator import quota
from icecream_operator.client import Icecreams, regarding
from icecream_operator.icecream import Icecream
from icecream_operator.quota import Verdict
from icecream_operator.sale import Sale
from reconciling.errors import Gone, Retry
from reconciling.events import EventRecorder
from reconciling.logs import object_logger

logger = logging.getLogger(__name__)


class Eviction:
    """The step that deletes an oversold icecream."""

    def __init__(self, icecreams: Icecreams, events: EventRecorder) -> None:
        self._icecreams = icecreams
        self._events = events
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, sale: Sale) -> bool:
        """Return False if the icecream was evicted, or is gone anyway."""
        icecream, verdict = sale.icecream, sale.verdict
        if verdict is None or verdict.sold:
            return True
        async with self._one_at_a_time:
            if not await self._still_oversold(icecream, verdict):
                raise Retry(f"{icecream.name} is no longer oversold")
            try:
                await self._icecreams.delete(icecream)
            except Gone:
                return False
        note = f"{verdict.full} is sold out: {', '.join(verdict.before)} were before this one"
        object_logger(logger, icecream.name).info("Evicted: %s", note)
        self._events.record(regarding(icecream), "Warning", "Evicted", "Evict", note)
        return False

    async def _still_oversold(self, icecream: Icecream, verdict: Verdict) -> bool:
        """Ask the API server, not the picture."""
        try:
            before = [await self._icecreams.read(name) for name in verdict.before]
        except Gone:
            return False
        if all(each.flavours == (verdict.full,) for each in before):
            return all(each.rank < icecream.rank and not each.deleting for each in before)
        # One with other flavours may itself be oversold by now, through icecreams that we don't know to be connected.
        now = quota.decide(await self._icecreams.list()).get(icecream.name)
        return now is not None and not now.sold
