"""What became of all icecreams, as a watch tells it."""

import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator
from typing import IO, Any, TypeAlias

from tests.operator.shop import attempt
from workshop.system.polling import eventually
from workshop.testing.icecreams import Icecreams, manifest
from workshop.workspace.cluster import Cluster

Event: TypeAlias = tuple[str, dict[str, Any]]  # ADDED, MODIFIED or DELETED, and the icecream
OWN = "zz-"  # so begin the names of icecreams by which a test notices that something has ended
LAST = f"{OWN}last"


class History:
    """The events since the watch began, in the API server's order."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._changed = threading.Condition()

    def write_down(self, stream: IO[bytes]) -> None:
        """Write down a watch to its end."""
        for line in stream:
            event = json.loads(line)
            with self._changed:
                self._events.append((event["type"], event["object"]))
                self._changed.notify_all()

    def until_now(self, icecreams: Icecreams) -> list[Event]:
        """Return what has happened up to this call to those that aren't a test's own."""
        uid = icecreams.create(manifest(LAST, "the very last"))["metadata"]["uid"]

        def delete() -> None:
            last = icecreams.read(LAST)
            assert last is None or attempt(icecreams.delete, LAST, seen=last), "the operator wrote its status meanwhile"

        eventually(delete)
        with self._changed:
            assert self._changed.wait_for(lambda: self._gone(uid), timeout=20), "the watch has ended"
            return [event for event in self._events if not event[1]["metadata"]["name"].startswith(OWN)]

    def _gone(self, uid: str) -> bool:
        return any(kind == "DELETED" and icecream["metadata"]["uid"] == uid for kind, icecream in self._events)


@contextlib.contextmanager
def watched(cluster: Cluster, since: str) -> Iterator[History]:
    """The history since the resourceVersion `since`."""
    history = History()
    target = f"/apis/demo.lva.io/v1/icecreams?watch=1&resourceVersion={since}"
    argv = [str(cluster.kubectl_path), "get", "--raw", target]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, env=cluster.environment()) as kubectl:
        assert kubectl.stdout
        reader = threading.Thread(target=history.write_down, args=[kubectl.stdout])
        reader.start()
        try:
            yield history
        finally:
            kubectl.kill()
            reader.join()
