"""Events: why something happened, for whoever runs `kubectl describe` or `kubectl get events`.

They are for people, and nothing is decided by them. So nobody waits for one: they have a work queue of their own, and a
worker writes one after the other, as client-go's event broadcaster does. One that still waits when the process ends is
lost.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from kubernetes.aio.client import EventsV1Api

from reconciling.errors import Conflict, NotFound, Refused, Retry, translated
from reconciling.logs import object_logger
from reconciling.workqueue import WorkQueue

NAME_LIMIT = 253
NOTE_LIMIT = 1024
GIVE_UP_AFTER = timedelta(minutes=1)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Regarding:
    """The object that an Event is about. `namespace` is empty for a cluster-scoped one."""

    api_version: str
    kind: str
    name: str
    uid: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What was done (`action`), why in a word (`reason`) and in a sentence (`note`), and when.

    Two that differ in `time` alone are one Event, so that a queue holds it once.
    """

    regarding: Regarding
    type: Literal["Normal", "Warning"]
    reason: str
    action: str
    note: str
    time: datetime = field(compare=False)


@dataclass(frozen=True, slots=True)
class EventRecorder:
    """Writes Events of events.k8s.io/v1 in the name of one controller. `write` is the reconcile of `queue`'s worker.

    The same Event about the same object has the same name, so it is there once, however often a handler runs and
    whatever crashed in between. After an hour, the API server's --event-ttl, it may be written anew.
    """

    queue: WorkQueue[Event]
    api: Callable[[], EventsV1Api]
    controller: str
    instance: str
    now: Callable[[], datetime]

    def record(
        self, regarding: Regarding, type: Literal["Normal", "Warning"], reason: str, action: str, note: str
    ) -> None:
        """Have an Event written, soon."""
        self.queue.add(Event(regarding, type, reason, action, note, self.now()))

    async def write(self, event: Event) -> None:
        """Write an Event, or give it up after a minute.

        Raises:
            Retry: it can't be written now.
        """
        namespace = event.regarding.namespace or "default"  # where Events about cluster-scoped objects live
        try:
            with translated("writing an Event"):
                await self.api().create_namespaced_event(
                    namespace,
                    self._body(event),  # type: ignore[arg-type] # takes dicts too
                )
        except Conflict:
            pass  # it is there already
        except (Retry, NotFound, Refused) as error:
            if isinstance(error, Retry) and self.now() - event.time < GIVE_UP_AFTER:
                raise
            logger_of(event).warning("The Event %s is lost: %s", event.reason, error)

    def _body(self, event: Event) -> dict[str, object]:
        regarding = event.regarding
        digest = hashlib.sha256("\0".join((regarding.uid, event.reason, event.note)).encode()).hexdigest()[:16]
        return {
            "metadata": {"name": f"{regarding.name[: NAME_LIMIT - 17].rstrip('-.')}.{digest}"},
            "regarding": {
                "apiVersion": regarding.api_version,
                "kind": regarding.kind,
                "name": regarding.name,
                "uid": regarding.uid,
                **({"namespace": regarding.namespace} if regarding.namespace else {}),
            },
            "type": event.type,
            "reason": event.reason,
            "action": event.action,
            "note": event.note[:NOTE_LIMIT],
            "eventTime": event.time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": self.controller,
            "reportingInstance": self.instance,
        }


def logger_of(event: Event) -> logging.LoggerAdapter[Any]:
    """Return a logger that names the object that the Event is about."""
    return object_logger(logger, event.regarding.name, event.regarding.namespace)
