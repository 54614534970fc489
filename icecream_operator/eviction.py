"""Evicts what is oversold: deletes it, and says why in an Event.

Deleting is the one thing that can't be put right later, so it is done with three precautions, each against a cache
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
from icecream_operator.reconciliation import Reconciliation, StepResult
from reconciling.errors import NotFound, Retry
from reconciling.events import EventRecorder
from reconciling.logs import object_logger

logger = logging.getLogger(__name__)


class Eviction:
    """The step that deletes an oversold icecream."""

    def __init__(self, icecreams: Icecreams, events: EventRecorder) -> None:
        self._icecreams = icecreams
        self._events = events
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, reconciliation: Reconciliation) -> StepResult:
        """Return DONE if the icecream was evicted, or is gone anyway.

        Raises:
            Retry: it is no longer oversold, was changed since, or can't be deleted now.
            Refused: the API server won't delete it.
        """
        icecream, verdict = reconciliation.icecream, reconciliation.verdict
        if verdict is None or verdict.sold:
            return StepResult.CONTINUE
        async with self._one_at_a_time:
            if not await self._still_oversold(icecream, verdict):
                raise Retry(f"{icecream.name} is no longer oversold")
            try:
                await self._icecreams.delete(icecream)
            except NotFound:
                return StepResult.DONE
        note = f"{verdict.full} is sold out: {', '.join(verdict.before)} were before this one"
        object_logger(logger, icecream.name).info("Evicted: %s", note)
        self._events.record(regarding(icecream), "Warning", "Evicted", "Evict", note)
        return StepResult.DONE

    async def _still_oversold(self, icecream: Icecream, verdict: Verdict) -> bool:
        """Ask the API server, not the cache."""
        try:
            before = [await self._icecreams.read(name) for name in verdict.before]
        except NotFound:
            return False
        if all(earlier.flavours == (verdict.full,) for earlier in before):
            return all(earlier.rank < icecream.rank and not earlier.deleting for earlier in before)
        # One with other flavours may itself be oversold by now, through icecreams that we don't know to be connected.
        verdict_now = quota.decide(await self._icecreams.list()).get(icecream.name)
        return verdict_now is not None and not verdict_now.sold
