"""Says when the webhook may answer, and until then what it waits for.

An answer that is given too early is a wrong one: without the menu nothing would be on it, on half a list everything
would be left to sell. So nobody listens before all is there, and the API server does what failurePolicy says.

It is told to whoever asks: kubelet (/readyz), the log, and the Service, by a condition and an Event. An operator that
has ended says nothing more, so the condition may be older than the operator's end.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kubernetes.aio.client import ApiClient

from icecream_operator.webhook.menu import NAMESPACE
from reconciling import rest_client
from reconciling.conditions import Condition, set_condition
from reconciling.errors import NotFound, Retry, translated
from reconciling.events import EventRecorder, Regarding
from reconciling.patch import status_patch
from reconciling.workqueue import WorkQueue

SERVICE = "demooperator-webhook-service"
PATH = f"/api/v1/namespaces/{NAMESPACE}/services/{SERVICE}"
CONDITION = "WebhookReady"
KEY = "readiness"
GRACE = 1.0  # seconds after which what is missing is reported: at a start, all is there in less
INTERVAL = 60.0  # seconds between looks at the Service, where there is no news
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the webhook can't answer without: a CamelCase word for it, and what says that it is missing, if it is."""

    reason: str
    missing: Callable[[], str]


def condition(requirements: Sequence[Requirement]) -> Condition:
    """Return the condition of the Service: its reason is the first that is missing, its message names all."""
    missing = [(requirement.reason, text) for requirement in requirements if (text := requirement.missing())]
    if not missing:
        return Condition(CONDITION, True, "Serving", "The webhook answers")
    texts = "; ".join(text for _, text in missing)
    return Condition(CONDITION, False, missing[0][0], f"The webhook doesn't answer: {texts}")


class Readiness:
    """A controller with one key: has the Service say whether the webhook is ready."""

    def __init__(
        self,
        queue: WorkQueue[str],
        api: Callable[[], ApiClient],
        events: EventRecorder,
        requirements: Sequence[Requirement],
        now: Callable[[], datetime],
    ) -> None:
        self.queue = queue
        self._api = api
        self._events = events
        self._requirements = requirements
        self._now = now
        self._met = asyncio.Event()
        self._listening = False
        self._logged: Condition | None = None
        self._warnings: list[tuple[str, str]] = []
        self.queue.add_after(KEY, GRACE)

    @property
    def ready(self) -> bool:
        """Whether the webhook answers."""
        return self._condition().status

    def look(self) -> None:
        """Look what is missing now, and have it reported: bad news if they still are news after a second."""
        if condition(self._requirements).status:
            self._met.set()
        if self.ready:
            self.queue.add(KEY)
        else:
            self.queue.add_after(KEY, GRACE)

    async def wait_until_met(self) -> None:
        """Wait until all has been there."""
        self.look()
        await self._met.wait()

    def set_listening(self, listening: bool) -> None:
        """Say whether the server listens."""
        self._listening = listening
        self.look()

    def warn(self, reason: str, note: str) -> None:
        """Have an Event about the Service say so."""
        self._warnings.append((reason, note))
        self.queue.add(KEY)

    async def reconcile(self, _key: str) -> None:
        """Report what is missing: in the log, and in the status of the Service, which may be a new one by now.

        Raises:
            Retry: the Service isn't there, or can't be written now.
        """
        current = self._condition()
        if current != self._logged:
            logger.log(logging.INFO if current.status else logging.WARNING, current.message)
            self._logged = current
        try:
            with translated(f"writing the condition {CONDITION} of the Service {SERVICE}"):
                await self._write(current)
        except NotFound as error:
            raise Retry(str(error)) from error
        self.queue.add_after(KEY, INTERVAL)

    def _condition(self) -> Condition:
        current = condition(self._requirements)
        if current.status and not self._listening:
            return Condition(CONDITION, False, "NotListening", "The webhook doesn't answer: its server doesn't listen")
        return current

    async def _write(self, current: Condition) -> None:
        service = await rest_client.get(self._api(), PATH)
        metadata, seen = service["metadata"], service.get("status", {})
        regarding = Regarding("v1", "Service", SERVICE, metadata["uid"], NAMESPACE)
        while self._warnings:
            reason, note = self._warnings.pop()
            self._events.record(regarding, "Warning", reason, "Serve", note)
        conditions = set_condition(seen.get("conditions", ()), current, metadata.get("generation", 0), self._now())
        patch = status_patch(seen, {"conditions": conditions}, metadata["resourceVersion"])
        if patch:
            await rest_client.patch(self._api(), f"{PATH}/status", patch)
            self._events.record(
                regarding, "Normal" if current.status else "Warning", current.reason, "Serve", current.message
            )
