"""The state of a control plane that runs in the background, on disk, for every later command.

The supervisor writes it; whoever reads it trusts the supervisor's lock, not this file, on whether it still runs.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Self

import psutil

from certmanager.pki import files

State = Literal["starting", "ready", "stopped", "failed"]


@dataclass(frozen=True)
class ProcessId:
    """A process, told apart from a later one with the same number by its time of creation (seconds since the epoch)."""

    pid: int
    created: float

    @classmethod
    def of(cls, process: psutil.Process) -> Self:
        """That of a process which is there.

        Raises:
            psutil.NoSuchProcess: it isn't.
        """
        return cls(process.pid, process.create_time())


@dataclass(frozen=True)
class Failure:
    """Why a control plane ended by itself: which component, how, when (RFC 3339), and the end of its log."""

    component: str
    how: str
    when: str
    log: str

    def __str__(self) -> str:
        sentence = f"{self.component} ended with {self.how} at {self.when}."
        return f"{sentence} The end of its log:\n\n{self.log}\n" if self.log else sentence


@dataclass(frozen=True)
class ControlPlaneState:
    """What the supervisor last wrote; `port` is the API server's on 127.0.0.1."""

    state: State
    port: int
    supervisor: ProcessId
    components: dict[str, ProcessId] = field(default_factory=dict)
    failure: Failure | None = None

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://127.0.0.1:{self.port}"


def write(path: Path, state: ControlPlaneState) -> None:
    """Replace the state by `state`, whole."""
    files.write_atomically(path, f"{json.dumps(asdict(state), indent=2)}\n".encode())


def read(path: Path) -> ControlPlaneState | None:
    """The state, or None where there is none that can be read (a crash may have cut it off)."""
    try:
        fields = json.loads(path.read_text())
        return ControlPlaneState(
            state=fields["state"],
            port=fields["port"],
            supervisor=ProcessId(**fields["supervisor"]),
            components={name: ProcessId(**process) for name, process in fields["components"].items()},
            failure=Failure(**fields["failure"]) if fields["failure"] else None,
        )
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
