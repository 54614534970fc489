"""What was asked of the API server, as its audit log has it: the one witness that no operator can talk over."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from workshop.controlplane.layout import Layout
from workshop.workspace.cluster import Cluster
from workshop.workspace.operators import Operator

AuditEvent: TypeAlias = dict[str, Any]  # audit.k8s.io/v1 Event

_MUTATING = {"create", "update", "patch", "delete", "deletecollection"}


@dataclass(frozen=True)
class AuditedRequest:
    """A request, with the answer's HTTP code; `resource` may have a subresource, such as `icecreams/status`."""

    verb: str
    resource: str
    name: str
    code: int
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.verb} {self.resource} {self.name}: HTTP {self.code}"

    @property
    def mutating(self) -> bool:
        """Whether it asks for a change."""
        return self.verb in _MUTATING


@dataclass(frozen=True)
class Position:
    """A place in the log: the file (its inode), which is renamed when it is rotated, and how many bytes into it."""

    file: int
    offset: int


def end(cluster: Cluster) -> Position:
    """Return where the last whole line of the log ends now. It needs a control plane of ours."""
    with Layout(cluster.folder).audit_log.open("rb") as log:
        return Position(os.fstat(log.fileno()).st_ino, log.read().rfind(b"\n") + 1)


def events(cluster: Cluster, since: Position | None = None) -> Iterator[AuditEvent]:
    """Yield what the API server has written down since then, or since it was started, oldest first."""
    for line in _lines(Layout(cluster.folder).audit_log, since):
        yield json.loads(line)


def requests(cluster: Cluster, operator: Operator, since: Position | None = None) -> Iterator[AuditedRequest]:
    """Yield what `operator` has asked for and was answered since then, oldest first."""
    for event in events(cluster, since):
        answered = event["stage"] == "ResponseComplete" and "objectRef" in event
        if answered and event["user"].get("username") == operator.username:
            subject = event["objectRef"]
            resource = "/".join(subject[key] for key in ("resource", "subresource") if subject.get(key))
            code = event["responseStatus"]["code"]
            yield AuditedRequest(
                event["verb"], resource, subject.get("name", ""), code, event.get("requestObject") or {}
            )


def _lines(log: Path, since: Position | None) -> Iterator[bytes]:
    rotated = sorted(log.parent.glob(f"{log.stem}-*{log.suffix}"))  # named by time
    files = [*rotated, log]
    first = next(number for number, file in enumerate(files) if since is None or file.stat().st_ino == since.file)
    for number, file in enumerate(files[first:]):
        with file.open("rb") as stream:
            stream.seek(0 if number or since is None else since.offset)
            yield from (line for line in stream if line.endswith(b"\n"))  # the last one may be half written
