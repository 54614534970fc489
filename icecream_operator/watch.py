"""What kopf does for us: it watches the icecreams and hands over every event.

Its handlers for changes aren't used. They would write each icecream twice (an annotation of kopf's own, then the
status), and see one icecream at a time, while the quota needs them all. So there is one `on.event` handler, and what
follows is ours.
"""

from typing import Any

import kopf

from icecream_operator.icecream import GROUP, PLURAL, VERSION
from icecream_operator.operation import OnEvent


def register(registry: kopf.OperatorRegistry, on_event: OnEvent) -> None:
    """Have kopf watch, and hand over each event."""

    @kopf.on.startup(registry=registry)
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.peering.standalone = True
        settings.posting.enabled = False  # the Events are ours
        settings.persistence.diffbase_storage = NoDiffBase()
        settings.queueing.idle_timeout = 0.1  # seconds that kopf keeps a task for each object; it keeps them for 5
        settings.scanning.disabled = True  # it would look for CRDs that come and go, and miss some; `manager` does that

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=registry)
    async def handle(event: kopf.RawEvent, **_: Any) -> None:
        on_event(event["type"], event["object"])


class NoDiffBase(kopf.DiffBaseStorage):
    """Spares kopf the copying and comparing of each object, which only its handlers for changes need."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return an essence without content."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """Return none: there is no last handled one."""

    def store(self, **_: Any) -> None:
        """Store nothing."""
