"""What is known of a control plane that runs in the background, on disk, for every later command.

The supervisor writes it; whoever reads it trusts the supervisor's lock, not the record, on whether it still runs.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

State = Literal["starting", "ready", "stopped", "failed"]


@dataclass(frozen=True)
class ProcessId:
    """A process, told apart from a later one with the same number by its time of creation (seconds since the epoch)."""

    pid: int
    created: float


@dataclass(frozen=True)
class Failure:
    """Why a control plane ended by itself: which component, how, when (RFC 3339), and the end of its log."""

    component: str
    how: str
    when: str
    log: str

    def __str__(self) -> str:
        told = f"{self.component} ended with {self.how} at {self.when}."
        return f"{told} The end of its log:\n\n{self.log}\n" if self.log else told


@dataclass(frozen=True)
class ControlPlaneState:
    """The last state that the supervisor wrote; `port` is the API server's on 127.0.0.1."""

    state: State
    port: int
    supervisor: ProcessId
    components: dict[str, ProcessId] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self.port}"


def write(path: Path, record: ControlPlaneState) -> None:
    """Replace the record, whole."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(record), indent=2) + "\n")
    draft.replace(path)


def read(path: Path) -> ControlPlaneState | None:
    """The record, or None where there is none that can be read (a crash may have cut it off)."""
    try:
        raw = json.loads(path.read_text())
        return ControlPlaneState(
            state=raw["state"],
            port=raw["port"],
            supervisor=ProcessId(**raw["supervisor"]),
            components={name: ProcessId(**process) for name, process in raw["components"].items()},
            failure=Failure(**raw["failure"]) if raw["failure"] else None,
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
