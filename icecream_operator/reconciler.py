"""Brings each icecream's status to what the quota says, and tells the siblings.

The cache takes in what happens; whose verdict changes by that goes into the work queue; a worker then compares what
the object says with what it should say, and writes once, if at all. So an event costs work for the icecreams that
share flavours with it, and not for all.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from icecream_operator import quota, status
from icecream_operator.cache import Cache
from icecream_operator.client import Icecreams, regarding
from icecream_operator.icecream import Icecream, parse
from icecream_operator.quota import Verdict
from icecream_operator.reconciliation import Reconciliation, Step, StepResult
from reconciling.conditions import Condition
from reconciling.errors import NotFound, Refused
from reconciling.events import EventRecorder
from reconciling.logs import object_logger
from reconciling.patch import status_patch
from reconciling.workqueue import WorkQueue

logger = logging.getLogger(__name__)


class Reconciler:
    """Decides on every event, and reconciles one icecream at a time, by name."""

    def __init__(
        self,
        queue: WorkQueue[str],
        icecreams: Icecreams,
        events: EventRecorder,
        steps: Sequence[Step],
        now: Callable[[], datetime],
    ) -> None:
        self.cache = Cache()
        self._verdicts: dict[str, Verdict] = {}
        self._queue = queue
        self._icecreams = icecreams
        self._events = events
        self._steps = steps
        self._now = now

    def on_list(self, bodies: Iterable[Mapping[str, Any]], resource_version: str) -> None:
        """Take in a complete list, decide on all, and have a look at each."""
        self.cache.replace(map(parse, bodies), int(resource_version))
        self._verdicts = quota.decide(self.cache)
        for icecream in self.cache:
            self._queue.add(icecream.name)
        logger.info("The cache is synced: %d icecreams", len(self.cache))

    def on_event(self, event_type: str | None, body: Mapping[str, Any]) -> None:
        """Take in an event of the watch, and decide on the icecreams that it concerns.

        Before the first complete list nothing is decided, and nothing is lost: the list says it all.
        """
        if not self.cache.synced:
            return
        icecream = parse(body)
        deleted = event_type == "DELETED"
        flavours = self.cache.delete(icecream) if deleted else self.cache.update(icecream)
        if flavours is not None:
            self._enqueue_affected(icecream.name, flavours)

    def _enqueue_affected(self, name: str, flavours: Iterable[str]) -> None:
        if flavours:
            verdicts = quota.decide(self.cache.connected(flavours))
            for sibling, verdict in verdicts.items():
                if self._verdicts.get(sibling) != verdict:
                    self._queue.add(sibling)
            self._verdicts.pop(name, None)
            self._verdicts |= verdicts
        self._queue.add(name)

    async def reconcile(self, name: str) -> None:
        """Take the steps for one icecream, and write its status if it isn't as it should be.

        Raises:
            Retry: it can't be done now. The icecream comes back (`reconciling.controller`).
        """
        icecream = self.cache.get(name)
        if icecream is None:
            return  # it is gone, and that event has enqueued its siblings
        reconciliation = Reconciliation(icecream, self._verdicts.get(name))
        for step in self._steps:
            if await step(reconciliation) is StepResult.DONE:
                return
        if not icecream.deleting:
            await self._write_status(reconciliation)

    async def _write_status(self, reconciliation: Reconciliation) -> None:
        icecream = reconciliation.icecream
        ready = reconciliation.obstacle or status.ready(icecream, reconciliation.verdict)
        patch = status_patch(
            icecream.status,
            status.wanted(icecream, reconciliation.verdict, ready, self._now()),
            icecream.resource_version,
        )
        if patch is None:
            return
        try:
            self.cache.update_written(await self._icecreams.patch_status(icecream.name, patch))
        except NotFound:
            return
        except Refused as error:
            object_logger(logger, icecream.name).error("%s; only a change of its spec can help", error)
            return
        if not ready.status and not _says_so(icecream, ready):
            self._events.record(regarding(icecream), "Warning", ready.reason, "Mark", ready.message)


def _says_so(icecream: Icecream, ready: Condition) -> bool:
    """Whether its status says already that it isn't ready, for this reason."""
    seen = {condition["type"]: condition for condition in icecream.status.get("conditions", ())}.get(ready.type, {})
    return (seen.get("status"), seen.get("reason")) == ("False", ready.reason)
