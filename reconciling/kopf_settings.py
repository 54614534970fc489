"""How kopf is set where it does no more than list and watch: no write, no peering, and no bookkeeping of its own."""

from typing import Any

import kopf


def register(registry: kopf.OperatorRegistry) -> None:
    """Have kopf start with these settings."""

    @kopf.on.startup(registry=registry, id="settings")
    async def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.peering.standalone = True
        settings.posting.enabled = False  # the Events are ours
        settings.persistence.diffbase_storage = NoDiffBase()
        settings.queueing.idle_timeout = 0.1  # seconds that kopf keeps a task for each object; it keeps them for 5
        settings.scanning.disabled = True  # it would look for CRDs that come and go, and miss some


class NoDiffBase(kopf.DiffBaseStorage):
    """Spares kopf the copying and comparing of each object, which only its handlers for changes need."""

    def build(self, **_: Any) -> kopf.BodyEssence:
        """Return an essence without content."""
        return kopf.BodyEssence()

    def fetch(self, **_: Any) -> None:
        """Return none: there is no last handled one."""

    def store(self, **_: Any) -> None:
        """Store nothing."""
