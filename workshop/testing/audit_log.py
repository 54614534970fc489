"""What an operator asked for, as the API server's audit log has it: the one witness that no operator can talk over."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.controlplane.layout import Layout
from workshop.workspace.cluster import Cluster
from workshop.workspace.operators import Operator

_WRITES = {"create", "update", "patch", "delete", "deletecollection"}


@dataclass(frozen=True)
class AuditedRequest:
    """A request, with the answer's HTTP code; `what` is its resource, such as `icecreams/status`."""

    verb: str
    what: str
    name: str
    code: int
    body: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.verb} {self.what} {self.name}: HTTP {self.code}"

    @property
    def writes(self) -> bool:
        """Whether it asks for a change."""
        return self.verb in _WRITES


@dataclass(frozen=True)
class Mark:
    """A place in the log: the file, which may be put aside for a new one as it grows, and how far into it."""

    file: int
    offset: int


def end(cluster: Cluster) -> Mark:
    """Return where the last whole line of the log ends now. It needs a control plane of ours."""
    with Layout(cluster.folder).audit_log.open("rb") as log:
        return Mark(os.fstat(log.fileno()).st_ino, log.read().rfind(b"\n") + 1)


def requests(cluster: Cluster, operator: Operator, since: Mark) -> Iterator[AuditedRequest]:
    """Yield what `operator` has asked for and was answered since then, oldest first."""
    user = f"system:serviceaccount:{operator.namespace}:{operator.service_account}"
    for line in _lines(Layout(cluster.folder).audit_log, since):
        event = json.loads(line)
        if event["user"].get("username") == user and event["stage"] == "ResponseComplete" and "objectRef" in event:
            subject = event["objectRef"]
            what = "/".join(subject[key] for key in ("resource", "subresource") if subject.get(key))
            code = event["responseStatus"]["code"]
            yield AuditedRequest(event["verb"], what, subject.get("name", ""), code, event.get("requestObject") or {})


def _lines(log: Path, since: Mark) -> Iterator[bytes]:
    put_aside = sorted(log.parent.glob(f"{log.stem}-*{log.suffix}"))  # named by time
    files = [*put_aside, log]
    first = next(number for number, file in enumerate(files) if file.stat().st_ino == since.file)
    for number, file in enumerate(files[first:]):
        with file.open("rb") as stream:
            stream.seek(0 if number else since.offset)
            yield from (line for line in stream if line.endswith(b"\n"))  # the last one may be half written
