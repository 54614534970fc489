"""Events: why something happened, for whoever runs `kubectl describe` or `kubectl get events`.

They are for people. Nothing is decided by them, so one that can't be written is logged and given up.
"""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from kubernetes.aio.client import EventsV1Api

from reconciling.errors import Conflict, Gone, Refused, Retry, translated
from reconciling.logs import object_logger

NAME_LIMIT = 253
NOTE_LIMIT = 1024
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
class EventRecorder:
    """Writes Events of events.k8s.io/v1 in the name of one controller.

    The same Event about the same object has the same name, so it is there once, however often a handler runs and
    whatever crashed in between. After an hour, the API server's --event-ttl, it may be told anew.
    """

    api: Callable[[], EventsV1Api]
    controller: str
    instance: str
    now: Callable[[], datetime]

    async def record(
        self, regarding: Regarding, kind: Literal["Normal", "Warning"], reason: str, action: str, note: str
    ) -> None:
        """Tell people what was done (`action`), why in a word (`reason`) and in a sentence (`note`)."""
        namespace = regarding.namespace or "default"  # where Events about cluster-scoped objects live
        event = self._event(regarding, kind, reason, action, note)
        try:
            with translated("writing an Event"):
                await self.api().create_namespaced_event(namespace, event)  # type: ignore[arg-type] # takes dicts too
        except Conflict:
            pass  # it has been told before
        except (Retry, Gone, Refused) as error:
            about = object_logger(logger, regarding.name, regarding.namespace)
            about.warning("The Event %s is lost: %s", reason, error)

    def _event(self, regarding: Regarding, kind: str, reason: str, action: str, note: str) -> dict[str, object]:
        digest = hashlib.sha256("\0".join((regarding.uid, reason, note)).encode()).hexdigest()[:16]
        return {
            "metadata": {"name": f"{regarding.name[: NAME_LIMIT - 17].rstrip('-.')}.{digest}"},
            "regarding": {
                "apiVersion": regarding.api_version,
                "kind": regarding.kind,
                "name": regarding.name,
                "uid": regarding.uid,
                **({"namespace": regarding.namespace} if regarding.namespace else {}),
            },
            "type": kind,
            "reason": reason,
            "action": action,
            "note": note[:NOTE_LIMIT],
            "eventTime": self.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "reportingController": self.controller,
            "reportingInstance": self.instance,
        }
