"""Events about objects of cert-manager's kinds, in the name of one controller."""

from dataclasses import dataclass
from typing import Literal

from certmanager.apis.metadata import API_VERSION
from reconciling.cache import Stored
from reconciling.events import EventRecorder, Regarding


@dataclass(frozen=True)
class Recorder:
    """Records Events about objects of one kind; what is not Normal is a Warning."""

    events: EventRecorder
    kind: str

    def normal(self, about: Stored, reason: str, note: str) -> None:
        """Say that something was done."""
        self._record(about, "Normal", reason, note)

    def warning(self, about: Stored, reason: str, note: str) -> None:
        """Say that something is wrong."""
        self._record(about, "Warning", reason, note)

    def _record(self, about: Stored, type_: Literal["Normal", "Warning"], reason: str, note: str) -> None:
        metadata = about.metadata
        regarding = Regarding(API_VERSION, self.kind, metadata.name, metadata.uid, metadata.namespace)
        self.events.record(regarding, type_, reason, "Reconcile", note)
